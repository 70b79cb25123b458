"""Console pages of partner platforms."""
