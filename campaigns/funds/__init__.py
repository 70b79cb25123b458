"""Funds: money for a purpose that feeds pots."""
