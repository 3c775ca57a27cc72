"""Rules of parking, in plain Python: no database, no network, no framework."""
