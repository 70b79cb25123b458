"""Console pages of pots."""
