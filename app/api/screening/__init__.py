"""Screening cases, thresholds and the watch list over the API."""
