"""Manager pages of projects."""
