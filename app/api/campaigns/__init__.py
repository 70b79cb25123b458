"""Campaigns, their pots, draws, awards and sources over the API."""
