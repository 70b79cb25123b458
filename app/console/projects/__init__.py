"""Console pages of projects."""
