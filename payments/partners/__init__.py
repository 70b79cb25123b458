"""Partner platforms: events, secrets, signatures."""
