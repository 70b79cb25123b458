"""Donors: their identities, contacts, consents and keys."""
