"""The rules by which Mozilla's HTTP Observatory scores a site, as far as one site's answers decide: transcribed
from the published description (tests and scoring, 2026). Each check returns what it adds to 100 or takes off."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from werkzeug.datastructures import Headers

BEST = 100  # from here on the mark is A+
EXTRA_FROM = 90  # below it, what is added does not count
SIX_MONTHS_S = 15_768_000
_BROAD = {"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"}
_INLINE = {"'unsafe-inline'", "data:"}
_PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}


class Score(NamedTuple):
    """A site's score, and what each check gave."""

    total: int
    parts: Mapping[str, int]


def score(headers: Headers, cookies: Sequence[str]) -> Score:
    """Return the score of a page of an https site, with all cookies that the site sets."""
    parts = {
        "content-security-policy": policy(headers.getlist("Content-Security-Policy")),
        "cookies": cookie_flags(cookies, hsts=transport(headers) == 0),
        "cross-origin-resource-sharing": -50 if _shares_with_everybody(headers) else 0,
        "cross-origin-resource-policy": resource_policy(headers.get("Cross-Origin-Resource-Policy")),
        "referrer-policy": referrer(headers.get("Referrer-Policy")),
        "strict-transport-security": transport(headers),
        "x-content-type-options": 0 if headers.get("X-Content-Type-Options") == "nosniff" else -5,
        "x-frame-options": framing(headers),
    }
    lost = sum(part for part in parts.values() if part < 0)
    added = sum(part for part in parts.values() if part > 0)
    return Score(100 + lost + (added if 100 + lost >= EXTRA_FROM else 0), parts)


def directives(values: Sequence[str]) -> dict[str, set[str]]:
    """Return the sources of each directive; only the first of a name counts."""
    by_name: dict[str, set[str]] = {}
    for directive in ",".join(values).replace(",", ";").split(";"):
        name, *sources = directive.split() or [""]
        if name:
            by_name.setdefault(name.lower(), {source.lower() for source in sources})
    return by_name


def policy(values: Sequence[str]) -> int:
    """Score a Content-Security-Policy of an https site."""
    csp = directives(values)
    if not csp:
        return -25
    everything = csp.get("default-src", {"*"})
    scripts, styles = csp.get("script-src", everything), csp.get("style-src", everything)
    objects = csp.get("object-src", everything)
    passive = csp.get("img-src", everything) | csp.get("media-src", everything)
    active = {source for name, sources in csp.items() if name not in ("img-src", "media-src") for source in sources}
    if scripts & (_BROAD | _INLINE) or objects & _BROAD:
        return -20
    if any(source.startswith(("http:", "ftp:")) for source in active):
        return -20
    if "'unsafe-eval'" in scripts | styles or any(source.startswith(("http:", "ftp:")) for source in passive):
        return -10
    if styles & (_BROAD | _INLINE):
        return 0
    # Since 2025 the best note also wants forms to go to named places only.
    narrow = csp.get("default-src") == {"'none'"} and not csp.get("form-action", {"*"}) & _BROAD
    return 10 if narrow else 5


def cookie_flags(cookies: Sequence[str], *, hsts: bool) -> int:
    """Score Set-Cookie headers: the worst one counts."""
    return min((_cookie(cookie, hsts=hsts) for cookie in cookies), default=0)


def _cookie(cookie: str, *, hsts: bool) -> int:
    first, *flags = [part.strip().lower() for part in cookie.split(";")]
    name = first.partition("=")[0]
    is_session = any(word in name for word in ("login", "sess"))
    same_site = next((flag.partition("=")[2] for flag in flags if flag.startswith("samesite")), None)
    if is_session and "httponly" not in flags:
        return -30
    if "secure" not in flags:
        kinds = {(True, True): -10, (True, False): -40, (False, True): -5, (False, False): -20}
        return kinds[is_session, hsts]
    if same_site not in (None, "lax", "strict", "none") or ("csrf" in name and same_site is None):
        return -20
    return 0 if same_site is None else 5


def _shares_with_everybody(headers: Headers) -> bool:
    return (
        headers.get("Access-Control-Allow-Origin") not in (None, "*")
        and headers.get("Access-Control-Allow-Credentials") == "true"
    )


def resource_policy(value: str | None) -> int:
    """Score a Cross-Origin-Resource-Policy."""
    return {None: 0, "same-origin": 10, "same-site": 10, "cross-origin": 0}.get(value, -5)


def referrer(value: str | None) -> int:
    """Score a Referrer-Policy."""
    return 0 if value is None else 5 if value in _PRIVATE else -5


def transport(headers: Headers) -> int:
    """Score a Strict-Transport-Security of a site that no browser knows beforehand."""
    ages = [part.strip() for part in headers.get("Strict-Transport-Security", "").split(";")]
    age = next((part.partition("=")[2] for part in ages if part.startswith("max-age=")), "")
    return -20 if not age.isdigit() else 0 if int(age) >= SIX_MONTHS_S else -10


def framing(headers: Headers) -> int:
    """Score who may frame a page."""
    ancestors = directives(headers.getlist("Content-Security-Policy")).get("frame-ancestors")
    if ancestors is not None and not ancestors & _BROAD:
        return 5
    return 0 if headers.get("X-Frame-Options", "").upper() in ("SAMEORIGIN", "DENY") else -20
