"""Donor pages."""
