"""The console's pages of partner platforms."""
