"""Imports, exports and saved views in the API."""
