"""A campaign from draft to scheduled: plan, entries, phases, and the locks on it."""
