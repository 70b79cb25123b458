"""Donations and the requests of their donors in the API."""
