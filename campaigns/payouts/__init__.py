"""Payouts: what a released campaign pays to whom, from the split of its money to the bank."""
