"""Imports of files, in one pipeline for all kinds: read, plan, confirm, then write all rows or none."""
