"""Console pages of imports and exports."""
