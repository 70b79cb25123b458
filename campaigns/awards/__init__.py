"""Awards (表彰) of a campaign: criteria that are public before its end, and winners computed from the books."""
