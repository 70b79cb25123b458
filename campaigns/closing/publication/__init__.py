"""The published result, objections to it, sums stated to platforms."""
