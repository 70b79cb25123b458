"""What every request passes: who is calling, errors as problems, rate limits, security headers."""
