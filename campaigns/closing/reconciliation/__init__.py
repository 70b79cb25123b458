"""Statements, their differences, and how they end."""
