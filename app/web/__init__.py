"""Pages for people: the start page, the published forms, legal texts and drivers' receipts."""
