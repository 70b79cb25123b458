"""Teams: donors who give together under one name."""
