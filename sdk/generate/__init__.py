"""Writes what of the client library follows from the contract: models, operations and their methods.

Not a part of the distribution. `make sdk` runs it; a test sees that what is kept is what it writes.
"""
