"""The console: the pages on which managers work."""
