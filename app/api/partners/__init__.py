"""The API of partner platforms, and the decisions of staff about them."""
