"""Screening cases, thresholds and the watch list in the API."""
