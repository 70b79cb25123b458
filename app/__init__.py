"""How people and machines reach the system; the only package that knows HTTP."""
