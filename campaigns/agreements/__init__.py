"""Agreements and contracts, and what was pledged in them."""
