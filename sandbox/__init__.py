"""A stand-in for the part of Stripe's HTTP API that a donation engine uses, with faults on demand.

It runs as a process of its own (`python -m sandbox`). It imports nothing of the engine, and nothing imports it:
clients use HTTP. For demos and tests only; no money ever moves.
"""
