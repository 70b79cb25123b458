"""The interfaces for people and machines; the only package that knows HTTP."""

import gc

# Importing creates a million long-lived objects, and collecting garbage among them takes a fifth of the start. A
# request creates many short-lived objects but hardly any cycles, so that rarer collections suffice there too.
gc.set_threshold(50_000, 50, 100)
