"""Webhooks: verify, store in the inbox, answer. Nothing is processed here."""
