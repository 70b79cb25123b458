"""Idempotent requests: a repeated request gets the stored reply instead of taking effect again.

Programs identify a request by the header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header), console
forms by a hidden field that differs on every page shown. A view's effect and its reply are committed in one
transaction. A view with its own transactions must be safe to repeat, because a crash may lose its reply. Refusals
are not stored, so the same key may be sent again.
"""

import re
import time
from collections.abc import Callable
from contextlib import nullcontext
from hashlib import sha256
from typing import Any
from uuid import uuid4

from flask import current_app, g, request, session
from flask.wrappers import Response
from werkzeug.wrappers import Response as BaseResponse

from app import current
from app.current import deps
from campaigns.donations.donors.opened import noting_opened
from campaigns.network import replies
from campaigns.network.replies import Reply, RequestKey
from campaigns.privacy.kept_replies import opened_reply, sealed_reply
from kernel.errors import Invalid

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"  # header of a stored reply
FIELD = "form_key"
MOST_KEY = 200  # characters
SLOW_S = 1.0
_METHODS = ("POST", "PATCH")
# A string of RFC 8941, as the draft requires, or a token without quotes, as most programs send it.
_QUOTED, _BARE = r"[\x20\x21\x23-\x5b\x5d-\x7e]", r"[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]"
_KEY = re.compile(rf'"({_QUOTED}{{1,{MOST_KEY}}})"|({_BARE}{{1,{MOST_KEY}}})')
_FORM_KEY = re.compile(r"[0-9a-f]{32}")
_NOT_CONTENT = frozenset({FIELD, "csrf_token"})


def whole_body() -> bytes:
    """Return the body of the current request."""
    return request.get_data()


def arrived_slowly(content: Callable[[], bytes]) -> bool:
    """Read the body of a change, and return whether its sender took long."""
    began = time.monotonic()
    if request.method not in ("GET", "HEAD"):
        content()
    return time.monotonic() - began > SLOW_S


def reply_once(
    view: Callable[[], Any],
    *,
    apart: bool = False,
    content: Callable[[], bytes] = whole_body,
    keep: bool = True,
) -> Any:
    """Return a view's reply to a program. With a key the view is called once; repeated calls get the stored reply.
    `apart`: the view has its own transactions. `content`: what distinguishes this request from another. Without
    `keep`, for a view that only reads, the view is called again.

    Raises Invalid `idempotency_key_invalid`, Conflict `idempotency_key_reused` and `idempotency_key_in_progress`.
    """
    sent = request.headers.get(HEADER)
    if sent is None or request.method not in _METHODS:
        return view()
    key = _KEY.fullmatch(sent)
    if key is None:
        raise Invalid("idempotency_key_invalid", most=MOST_KEY)
    if not keep:
        return view()
    parts = f"{request.method} {request.full_path}".encode(), content()
    request_key = RequestKey(g.caller.owner, f"api:{key[1] or key[2]}", _fingerprint(*parts))
    response, replayed = _once(request_key, view, wait=False, apart=apart)
    if replayed:
        response.headers[REPLAYED] = "true"
    return response


def form_once(make: Callable[[], BaseResponse]) -> tuple[BaseResponse, bool]:
    """Process the current form once; return the redirect, and whether it was stored earlier. A second click waits
    for the first.

    Raises Conflict `idempotency_key_reused` if the same page sent different content before.
    """
    key = request.form.get(FIELD, "")
    if not _FORM_KEY.fullmatch(key):
        return make(), False
    fields = [(name, values) for name, values in sorted(request.form.lists()) if name not in _NOT_CONTENT]
    request_key = RequestKey(
        g.caller.owner, f"form:{key}", _fingerprint(request.path.encode(), repr(fields).encode())
    )
    try:
        return _once(request_key, make, wait=True)
    except BaseException:
        session.pop("_flashes", None)  # messages about a change that was rolled back
        raise


def new_form_key() -> str:
    """Return a key for a form about to be shown."""
    return uuid4().hex


def _once(
    request_key: RequestKey, make: Callable[[], Any], *, wait: bool, apart: bool = False
) -> tuple[Response, bool]:
    keys = deps().keys
    with deps().db.transaction() as tx:
        stored = replies.claim(tx, keys, request_key, wait=wait)
        if stored is not None:
            return _response(opened_reply(tx, keys, request_key, stored)), True
        if apart:
            replies.hold(tx)
        with noting_opened() as people, nullcontext() if apart else current.shared(tx):
            response = current_app.make_response(make())
        if response.status_code < 400:
            replies.remember(tx, keys, request_key, sealed_reply(tx, keys, request_key, _reply(response), people))
    return response, False


def _reply(response: Response) -> Reply:
    return Reply(
        response.status_code, response.headers.get("Location", ""), response.content_type or "", response.get_data()
    )


def _response(reply: Reply) -> Response:
    headers = {"Location": reply.location} if reply.location else {}
    return Response(reply.body, reply.status, headers, content_type=reply.content_type)


def _fingerprint(*parts: bytes) -> str:
    return sha256(b"\x1f".join(parts)).hexdigest()
