"""The door of partner platforms, and what staff decide about them."""
