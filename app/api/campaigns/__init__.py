"""Campaigns, their pots, draws, awards and sources in the API."""
