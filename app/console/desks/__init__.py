"""Queues in which an operator decides: messages, and payments that are not what was asked."""
