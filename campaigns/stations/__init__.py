"""What township branches and village stations have, and what they lack."""
