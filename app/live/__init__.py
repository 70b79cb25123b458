"""Totals pushed to open pages."""
