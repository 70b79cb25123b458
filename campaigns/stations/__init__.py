"""What township branches and village stations have and lack."""
