"""Apply facts about payments to donations."""
