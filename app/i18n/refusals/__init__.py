"""Refusals, faults and problems in words."""
