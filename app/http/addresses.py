"""Absolute URLs of our pages, for use outside them. They begin with PUBLIC_URL, never with the host of a
request."""

from app.current import deps


def join_url(token: str) -> str:
    """Return the URL of an account link (`campaigns.network.links`)."""
    return f"{deps().public_url}/console/join?token={token}"
