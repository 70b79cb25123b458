"""POST to an address chosen by someone else. Only hosts of the public internet are called, at the very address that
was checked, so that the name cannot resolve to another one in between (DNS rebinding). No redirect is followed."""

import http.client
import socket
import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

TIMEOUT_S = 10.0


class Unreachable(Exception):
    """The request could not be made; `code` is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def post(url: str, body: bytes, headers: Mapping[str, str], *, loopback: bool = False) -> int:
    """POST a body and return the status of the response. `loopback`: allow this machine as the target, without TLS
    (the demo). Raises Unreachable `address_private`, `address_unknown`, `address_insecure`, `no_response`."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = public_address(host, port, loopback=loopback)
    if parts.scheme != "https" and not ip_address(address).is_loopback:
        raise Unreachable("address_insecure")
    connection = _Pinned(host, port, address, secure=parts.scheme == "https")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, body, dict(headers))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable("no_response") from error
    finally:
        connection.close()


def refused_without_lookup(url: str, *, loopback: bool = False) -> str:
    """Return the code with which every request to an address is refused, whatever its host resolves to: one that
    names a private address or this machine, or has no TLS. Empty if that depends on its host."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    named_here = host == "localhost" or host.endswith(".localhost")
    local = named_here or (_is_literal(host) and not is_public(host))
    if local and not (loopback and (named_here or is_public(host, loopback=True))):
        return "address_private"
    return "" if local or parts.scheme == "https" else "address_insecure"


def public_address(host: str, port: int, *, loopback: bool = False) -> str:
    """Return an address of a host, after checking that all its addresses are public. Raises Unreachable."""
    try:
        found_addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable("address_unknown") from error
    addresses = [str(entry[4][0]) for entry in found_addresses]
    if not addresses or not all(is_public(address, loopback=loopback) for address in addresses):
        raise Unreachable("address_private")
    return addresses[0]


def is_public(address: str, *, loopback: bool = False) -> bool:
    """Return whether an address belongs to the public internet (or, with `loopback`, to this machine)."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    ip = mapped or ip
    if loopback and ip.is_loopback:
        return True
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _is_literal(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was checked. The host name serves only for Host and TLS."""

    def __init__(self, host: str, port: int, address: str, *, secure: bool) -> None:
        super().__init__(host, port, timeout=TIMEOUT_S)
        self._address = address
        self._secure = secure
        self.default_port = 443 if secure else 80

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), TIMEOUT_S)
        self.sock = (
            ssl.create_default_context().wrap_socket(plain, server_hostname=self.host) if self._secure else plain
        )
