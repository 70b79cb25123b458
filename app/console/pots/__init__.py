"""Manager pages of pots."""
