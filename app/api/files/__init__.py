"""Imports, exports and saved views over the API."""
