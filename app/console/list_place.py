"""The place in a list (its filter and page) that a manager keeps after a change on one of its rows."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask, abort, before_render_template, redirect, request, url_for

from kernel.paging import Page

_KEPT = ("state", "q", "page", "queue", "source")  # not, for example, `all`, which ticks every row


def as_left(back: str) -> str:
    """Return the address `back`, with the filter and page of the list if the current form was on that list."""
    left, where = urlsplit(request.referrer or ""), urlsplit(back)
    if where.query or left.path != where.path:
        return back
    place = [(name, text) for name, text in parse_qsl(left.query) if name in _KEPT]
    return where._replace(query=urlencode(place)).geturl()


@before_render_template.connect
def _turn_to_last_page(_app: Flask, context: dict[str, Any], **_template: Any) -> None:
    """Redirect a page past the end of a list, which has shrunk since, to the last page."""
    page, total = context.get("page"), context.get("total")
    if not (isinstance(page, Page) and isinstance(total, int) and request.blueprint == "console"):
        return
    if page.number > page.count(total):
        wanted = {**request.args.to_dict(), **(request.view_args or {}), "page": page.count(total)}
        abort(redirect(url_for(request.endpoint or "", **wanted)))
