"""The console's pages of imports and exports."""
