"""Monthly statements (收支月公示): what each node received and paid in a month, numbered and frozen."""
