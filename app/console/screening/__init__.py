"""Manager pages of screening."""
