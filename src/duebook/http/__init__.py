"""The server: one application per dialect, behind one dispatcher."""
