"""Ordered files: a job writes them, they are kept for a day, and the caller who ordered a file downloads it."""
