"""Unpaid donations: limits, expiry, cancellation."""
