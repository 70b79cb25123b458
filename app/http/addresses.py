"""Whole addresses of our pages, for people elsewhere. They begin with PUBLIC_URL, never with what a request
names."""

from app.current import deps


def join_url(token: str) -> str:
    """Return the address of a link to an account (`campaigns.network.links`)."""
    return f"{deps().public_url}/console/join?token={token}"
