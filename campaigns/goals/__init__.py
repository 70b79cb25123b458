"""What the federation wants to reach in a year, and how far it is."""
