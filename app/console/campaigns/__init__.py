"""Manager pages of campaigns."""
