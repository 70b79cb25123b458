"""Refunds: requests, booking, and their effect on match."""
