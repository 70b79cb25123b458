"""What every request passes: access, errors as problem documents, rate limits, security headers."""
