"""Texts of refusals, faults and problems."""
