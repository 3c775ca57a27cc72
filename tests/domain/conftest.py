"""Property tests draw the same examples every time: a red run can be run again."""

from hypothesis import settings

settings.register_profile("parkgraph", derandomize=True, max_examples=100, deadline=None, database=None)
settings.load_profile("parkgraph")
