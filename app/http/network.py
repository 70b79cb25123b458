"""From where a request comes, as far as that says who it is."""

from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import TypedDict

from flask import request


class Sender(TypedDict):
    """From where a donation comes, as `CreateDonation` has it."""

    network: str
    network_tells: bool


def sender() -> Sender:
    """Return from where the current request comes."""
    network = network_of(request.remote_addr or "")
    return {"network": network, "network_tells": tells_visitors_apart(network)}


def network_of(address: str) -> str:
    """Return what an address stands for: an IPv6 address for its /64, as who has one has all of them; a mapped IPv4
    address for itself; what is no address for itself too."""
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
    """Whether limits per address may count here. This machine's own addresses say nothing: that is a proxy which
    TRUSTED_PROXIES does not name, and everybody is behind it."""
    try:
        return not ip_address(network.partition("/")[0]).is_loopback
    except ValueError:
        return False  # a socket of this machine
