"""What donors and partners are told of a donation."""
