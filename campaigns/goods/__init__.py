"""Goods (物) given beside money: recorded with their value, which is never added to money."""
