"""Console pages of screening."""
