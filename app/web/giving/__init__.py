"""What one donor sees: giving, their donation, their own data."""
