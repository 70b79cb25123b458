"""Monthly statements (收支月公示): what every node of the network got and gave in a month, numbered and frozen."""
