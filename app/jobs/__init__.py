"""Recurring work: the registry of jobs, their last runs, and the process that ticks them."""
