"""Statements, their differences, and how these are resolved."""
