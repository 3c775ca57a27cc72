"""The gate's own parts: servers, worlds, callers, traffic, and what Schemathesis is told.

Nothing here is imported by the server; the tests beside this folder and the Schemathesis process use it.
"""
