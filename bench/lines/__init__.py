"""What is measured: one module for each line of the result."""
