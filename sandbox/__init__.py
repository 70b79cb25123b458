"""A stand-in that speaks the part of Stripe's HTTP API which a donation engine uses, with faults on demand.

It runs as a process of its own (`python -m sandbox`), imports nothing of the engine and is imported by
nothing: whoever talks to it talks HTTP. For demos and tests only; no money ever moves.
"""
