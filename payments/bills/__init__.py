"""Bills of platforms: fetched, unpacked, read."""
