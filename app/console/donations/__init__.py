"""The console's pages of donations."""
