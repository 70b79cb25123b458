"""The signed cookie by which a browser is known again: whose caps count when a donor tells nothing of himself."""

from uuid import uuid4

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

COOKIE = "visitor"
_YEAR = 365 * 24 * 3600  # seconds


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="visitor")


def known() -> str | None:
    """The visitor's id, or None for a browser that is new or whose cookie is not ours."""
    try:
        return str(_signer().loads(request.cookies.get(COOKIE, "")))
    except BadSignature:
        return None


def remember(answer: Response) -> Response:
    """Give a new browser its id, on the first donation form that it sees."""
    if known() is None:
        answer.set_cookie(
            COOKIE,
            str(_signer().dumps(uuid4().hex)),
            max_age=_YEAR,
            httponly=True,
            samesite="Lax",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )
    return answer
