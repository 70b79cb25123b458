"""Agreements and contracts, and the pledges made in them."""
