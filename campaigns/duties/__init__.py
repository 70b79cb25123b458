"""What the law requires of a fundraiser by a certain day: the calendar of duties, and what was done."""
