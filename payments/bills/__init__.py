"""Daily bills of partner platforms: how they are fetched, unpacked and read."""
