"""Imports of files, one pipeline for all kinds: read, plan, confirm, write all rows or none."""
