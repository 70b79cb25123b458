"""Partner platforms: their events, secrets and signatures."""
