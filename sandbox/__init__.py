"""A stand-in for the part of Stripe's HTTP API that a donation engine uses, with faults on demand.

It runs as a process of its own (`python -m sandbox`) and speaks only HTTP: it imports nothing of the engine, and
the engine imports nothing of it. For demos and tests only; no money ever moves.
"""
