"""The published result, objections to it, and the sums stated to platforms."""
