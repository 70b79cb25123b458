"""What the law asks of a fundraiser by a certain day: the calendar of duties, and what was done."""
