"""Live totals, pushed to open pages."""
