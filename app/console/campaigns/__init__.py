"""Console pages of campaigns."""
