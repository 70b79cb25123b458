"""What every room stands on: money, clock, database, errors, ids. A closed list."""
