"""What is measured on: a synthetic country of lots, and databases that the product's own migrations made."""
