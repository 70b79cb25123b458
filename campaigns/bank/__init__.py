"""The federation's bank account according to its bank: statement lines, each stored once."""
