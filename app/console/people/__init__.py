"""People: accounts of the console, invitations, tokens of programs, and partner platforms."""
