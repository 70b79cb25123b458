"""Benchmarks: `make bench`, or `python -m bench [NAME ...]`. What each measures is told in docs/performance.md.

Self-contained: an own PostgreSQL with the durable settings of `make run`, an own Redis, own gunicorn, a load
generator in a process of its own; all on this machine, all stopped at the end.
"""
