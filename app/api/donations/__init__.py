"""Donations and what their donors ask for over the API."""
