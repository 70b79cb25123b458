"""Refunds: asked for, booked, undone in the match."""
