"""Donations that are not paid: limits, expiry, cancellation."""
