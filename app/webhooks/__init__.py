"""Webhooks: verify, store in the inbox, respond. Nothing is processed here."""
