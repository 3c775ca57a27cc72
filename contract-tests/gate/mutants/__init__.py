"""Defects planted into the server one at a time, each of which some gate has to notice."""
