"""Judges of the gateway and of the sandbox that we did not write: Stripe's OpenAPI and localstripe."""
