"""Funds, payouts, spending and the books in the API."""
