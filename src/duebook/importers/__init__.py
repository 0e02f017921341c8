"""Read the files that businesses export: one module per format, a file in, rows and problems out. No database."""
