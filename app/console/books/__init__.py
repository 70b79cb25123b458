"""Console pages of funds and books."""
