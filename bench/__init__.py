"""Benchmarks: `make bench`, or `python -m bench [NAME ...]`. docs/performance.md describes what each measures.

They are self-contained: a separate PostgreSQL with the durable settings of `make run`, a separate Redis and
gunicorn, and a load generator in its own process. All run on this machine and are stopped at the end.
"""
