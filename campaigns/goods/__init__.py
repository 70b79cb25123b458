"""Goods (物) that were given beside money: recorded with their value, never added to it."""
