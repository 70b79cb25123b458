"""Reconciliation, notices, objections and samples in the API."""
