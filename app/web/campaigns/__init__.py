"""What everybody sees of a campaign."""
