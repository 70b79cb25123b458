"""The federation's bank account as the bank states it: lines of statements, each stored once."""
