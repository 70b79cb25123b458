"""Accounts, tokens, approvals and the audit trail in the API."""
