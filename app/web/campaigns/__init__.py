"""Public pages of a campaign."""
