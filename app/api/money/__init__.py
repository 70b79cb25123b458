"""Funds, payouts, spending and the books over the API."""
