"""The demo: its data, and its environment for commands run beside it."""
