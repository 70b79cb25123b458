"""Manager pages."""
