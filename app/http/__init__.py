"""What applies to every request: access, errors as problem documents, rate limits and security headers."""
