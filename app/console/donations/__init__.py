"""Console pages of donations."""
