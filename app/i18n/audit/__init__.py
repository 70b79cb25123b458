"""Texts of the audit trail."""
