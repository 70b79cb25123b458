"""Facts of payments applied to donations."""
