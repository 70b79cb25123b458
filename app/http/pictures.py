"""Pictures over HTTP: taken in and written anew beside the event loop, sent in a width."""

from flask import Request, Response, request

from app.current import deps
from app.http.off_loop import off_loop_one_by_one
from app.http.uploads import uploaded_file
from campaigns.projects.picture_file import MOST_BYTES, WIDTHS, Rewritten, rewrite
from campaigns.projects.pictures import file_name
from kernel.errors import NotFound

_YEAR = 365 * 24 * 3600  # seconds
# A browser keeps for good what never changes. Caches in between ask again within a minute: who is in a picture may
# withdraw their consent.
KEPT_BY_CACHES_S = 60
KEPT = f"public, max-age={_YEAR}, s-maxage={KEPT_BY_CACHES_S}, immutable"


def uploaded_picture(request: Request) -> Rewritten:
    """Return the picture of a request, written anew. Raises Invalid `picture_invalid`."""
    return off_loop_one_by_one(rewrite, uploaded_file(request, MOST_BYTES).data)


def picture_response(file_key: str, width: int) -> Response:
    """Return the file of a picture. Raises NotFound `picture_unknown`."""
    data = deps().pictures.read(file_name(file_key, width)) if width in WIDTHS else None
    if data is None:
        raise NotFound("picture_unknown")
    return Response(data, mimetype="image/webp")


def picture_handed_in() -> bytes:
    """Return the picture of the present request: a form has another boundary each time that it is sent."""
    return uploaded_file(request, MOST_BYTES).data
