"""What developers and agents' platforms read: the start page and the published forms of the contract."""
