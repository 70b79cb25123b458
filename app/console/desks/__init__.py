"""Desks: the queues in which an operator decides what the code cannot."""
