"""What users write, as checked data."""
