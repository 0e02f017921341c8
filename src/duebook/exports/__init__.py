"""What leaves the books as a file: one module per format."""
