"""Money out: what a released campaign pays to whom, from its split to the bank."""
