"""Accounts, tokens, approvals and the audit trail over the API."""
