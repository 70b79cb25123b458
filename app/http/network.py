"""The network that a request comes from, as far as it identifies the sender."""

from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import TypedDict

from flask import request


class Sender(TypedDict):
    """The network that a donation comes from, as fields of `CreateDonation`."""

    network: str
    network_tells: bool


def sender() -> Sender:
    """Return the network that the current request comes from."""
    network = network_of(request.remote_addr or "")
    return {"network": network, "network_tells": tells_visitors_apart(network)}


def network_of(address: str) -> str:
    """Return the network that limits count for an address: the /64 of an IPv6 address, because its holder has all
    of it; otherwise, also for a mapped IPv4 address or invalid text, the address itself."""
    if ":" not in address:
        return address
    try:
        parsed = IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.is_loopback:
        return address
    return str(parsed.ipv4_mapped or IPv6Network((parsed, 64), strict=False))


def tells_visitors_apart(network: str) -> bool:
    """Return whether limits per address may apply. A loopback address identifies no visitor: it is a proxy that
    TRUSTED_PROXIES does not name, and all visitors are behind it."""
    try:
        return not ip_address(network.partition("/")[0]).is_loopback
    except ValueError:
        return False  # a local socket
