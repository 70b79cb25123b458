"""Pages of one donor: giving, their donation, their own data."""
