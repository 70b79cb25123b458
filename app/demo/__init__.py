"""The demo: its data, and its environment for commands typed beside it."""
