"""What a campaign waits for, in words, each with the page on which a manager can resolve it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from flask import url_for

from app.http import access
from app.i18n.waits import wait_text
from campaigns import holders
from campaigns.closing.waits import Wait
from kernel.db import Tx

# The endpoint of the page for each code, and its arguments.
_DESKS: Mapping[str, tuple[str, Callable[[str], dict[str, Any]]]] = {
    "paying": ("donations", lambda slug: {"campaign": slug, "state": "waiting"}),
    "messages": ("inbox", lambda _slug: {}),
    "discrepancies": ("reconciliation", lambda slug: {"slug": slug}),
    "bank": ("three_sides", lambda _slug: {}),
    "cases": ("bursts", lambda slug: {"slug": slug}),
    "payments": ("payments", lambda _slug: {}),
    "objections": ("objections", lambda _slug: {}),
    "partner_sums": ("reconciliation", lambda slug: {"slug": slug, "_anchor": "partner-sums"}),
    "refunds": ("donations", lambda slug: {"campaign": slug, "state": "paid"}),
    "refunds_failed": ("campaign", lambda slug: {"slug": slug, "_anchor": "back"}),
    "outside": ("campaign", lambda slug: {"slug": slug, "_anchor": "back"}),
    "disputes": ("donations", lambda slug: {"campaign": slug, "state": "back"}),
    "statement": ("jobs", lambda _slug: {}),
    "failed": ("jobs", lambda _slug: {}),
}
UNENDED = ("time",)  # no page resolves them


class WaitLine(NamedTuple):
    """A thing that a campaign waits for. `url` is empty if no page resolves it or the manager may not open the
    page."""

    text: str
    url: str


def wait_lines(tx: Tx, waits: Sequence[Wait], slug: str) -> list[WaitLine]:
    """Return what a campaign waits for, as the signed-in manager sees it."""
    holder = holders.holder_of(tx, "slug", slug)
    return [WaitLine(wait_text(wait), _desk(wait.code, slug, holder)) for wait in waits]


def _desk(code: str, slug: str, holder: holders.Holder) -> str:
    if code in UNENDED:
        return ""
    endpoint, arguments = _DESKS[code]
    return url_for(f"console.{endpoint}", **arguments(slug)) if access.opens(endpoint, holder) else ""
