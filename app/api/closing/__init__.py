"""Reconciliation, notices, objections and samples over the API."""
