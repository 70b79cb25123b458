"""The bank compared with books and providers."""
