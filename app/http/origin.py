"""From where a request comes: its address for the log, its network for the audit trail."""

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from flask import Flask, request

from campaigns import audit

IPV4_BITS, IPV6_BITS = 24, 48  # a provider's street, not a person's line


def attach(app: Flask) -> None:
    """Let the audit trail know from which network each request comes."""

    @app.before_request
    def note() -> None:
        address = request.remote_addr or ""
        audit.origin.set(audit.Origin(address, network(address)))

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        audit.origin.set(audit.NOWHERE)


def network(address: str) -> str:
    """Return the network of an address, shortened as it may be kept: no person is known by it. "" for what is no
    address."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(IPv6Network((parsed, IPV6_BITS), strict=False))
        parsed = parsed.ipv4_mapped
    return str(IPv4Network((parsed, IPV4_BITS), strict=False))
