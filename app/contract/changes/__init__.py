"""What changed between two contracts, what that demands of the version, and how it is told."""
