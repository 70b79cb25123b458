"""Recurring work: the registry of jobs, the record of their last runs, and the scheduler process."""
