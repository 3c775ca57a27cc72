"""The commands of `parkgraph`, one file per noun."""
