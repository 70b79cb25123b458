"""The console's pages of funds and books."""
