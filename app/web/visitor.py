"""The signed cookie that identifies a browser, for donor caps of donations without a contact."""

from uuid import uuid4

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response as AnyResponse

from app.current import settings
from app.http.security import own_cookie

COOKIE = "visitor"
_YEAR = 365 * 24 * 3600  # seconds


def _name() -> str:
    return own_cookie(COOKIE, settings())


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="visitor")


def known() -> str | None:
    """Return the visitor's id; None for a new browser, or one whose cookie we did not sign."""
    try:
        return str(_signer().loads(request.cookies.get(_name(), "")))
    except BadSignature:
        return None


def remember(response: Response) -> Response:
    """Give a new browser its id with the first donation form that it loads."""
    if known() is None:
        response.set_cookie(
            _name(),
            str(_signer().dumps(uuid4().hex)),
            max_age=_YEAR,
            httponly=True,
            samesite="Lax",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )
    return response


def forget(response: AnyResponse) -> AnyResponse:
    """Remove the browser's id, which no longer finds its earlier donations."""
    response.delete_cookie(
        _name(), secure=current_app.config["SESSION_COOKIE_SECURE"], samesite="Lax", httponly=True
    )
    return response
