"""Security headers, which limit what a browser may do with our pages, and the host names of the site."""

import re
from functools import lru_cache, partial
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request

from app.current import settings
from config import Config
from kernel.errors import Refusal

# Only the listed sources are allowed: no inline script, no third party. Browsers count the redirect to the checkout
# page as form-action, so forms may lead to the provider's page and, in the demo, to the sandbox's.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'self'; form-action 'self'"
)
_MOST_HOST = 300  # characters
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?", re.ASCII)
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_PROBES = ("/healthz", "/readyz", "/metrics")  # called by machines that know only an IP address


def attach(app: Flask) -> None:
    """Set the headers on every response (a header set by a view stays), and refuse untrusted host names."""
    config = settings(app)
    headers = {
        "Content-Security-Policy": " ".join([_POLICY, *_cashiers(config)]),
        "X-Content-Type-Options": "nosniff",
        # A link to a donor's page has a token in its URL, which no other site may learn.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }
    # A response is private to its visitor; shared ones set this header themselves (app/shared_pages, static files).
    headers["Cache-Control"] = "no-store"
    if config.training:
        headers |= {"Beishan-Training": "1", "X-Robots-Tag": "noindex, nofollow"}
    if config.public_url.startswith("https://"):
        below = "; includeSubDomains" if config.hsts_subdomains == "on" else ""
        headers["Strict-Transport-Security"] = f"max-age=31536000{below}"

    pairs = tuple(headers.items())
    # Cached, because every request checks it and few names occur.
    app.extensions["is_trusted"] = lru_cache(1_000)(partial(_is_one_of, trusted_hosts(config)))
    app.before_request(_require_trusted_host)

    @app.after_request
    def protect(response: Response) -> Response:
        present = {name.lower() for name, _ in response.headers}
        response.headers.extend(pair for pair in pairs if pair[0].lower() not in present)
        return response


def own_cookie(name: str, config: Config) -> str:
    """Return the name of a site-wide cookie. With TLS, its prefix keeps other hosts of our domain from setting it
    and browsers from accepting it without TLS. A training site on the same host has its own cookies."""
    named = f"{name}-training" if config.training else name
    return f"__Host-{named}" if config.public_url.startswith("https://") else named


def trusted_hosts(config: Config) -> tuple[str, ...]:
    """Return the site's host names: that of PUBLIC_URL, those of TRUSTED_HOSTS, outside of production also the
    loopback names."""
    own = urlsplit(config.public_url).hostname or ""
    named = f"[{own}]" if ":" in own else own
    return (named, *map(str.lower, config.trusted_hosts), *(() if config.production else _LOOPBACK))


def is_trusted(host: str, app: Flask) -> bool:
    """Return whether this is one of the site's host names, with or without a port."""
    trusted: bool = app.extensions["is_trusted"](host[:_MOST_HOST])
    return trusted


def _is_one_of(names: tuple[str, ...], host: str) -> bool:
    parts = _HOST.fullmatch(host.lower())
    return parts is not None and any(
        parts[1] == name or (name.startswith(".") and parts[1].endswith(name)) for name in names
    )


def _require_trusted_host() -> None:
    """Refuse a foreign host name: URLs built from it would lead elsewhere. Raises Refusal `host_unknown`."""
    if request.path not in _PROBES and not is_trusted(request.environ.get("HTTP_HOST", ""), current_app):
        raise Refusal("host_unknown")


def _cashiers(config: Config) -> list[str]:
    base = urlsplit(config.stripe_api_base or "")
    own = [f"{base.scheme}://{base.netloc}"] if base.netloc else []
    return [config.stripe_checkout_url, *own]
