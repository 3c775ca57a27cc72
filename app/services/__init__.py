"""Use cases: one public function each, given the caller first; it opens the transaction."""
