"""Readers of the bank's files."""
