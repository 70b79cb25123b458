"""Awards (表彰) of a campaign: criteria that are public before its end, and who won by the books."""
