"""Webhooks, which verify and store events for a job to process, and the other signed endpoints of platforms."""
