"""Teams: people who give together under one name."""
