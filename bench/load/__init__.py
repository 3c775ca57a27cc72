"""How it is measured: servers pinned to one core, callers on another, rounds that take turns."""
