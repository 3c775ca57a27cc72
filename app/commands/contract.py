"""parkgraph contract: the written contract in every form that is published."""
