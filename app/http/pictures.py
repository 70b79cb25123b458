"""Pictures over HTTP: uploads are re-encoded outside the event loop, files are sent in one of several widths."""

from flask import Request, Response, request

from app.current import deps
from app.http.off_loop import off_loop_one_by_one
from app.http.uploads import uploaded_file
from campaigns.projects.picture_file import MOST_BYTES, WIDTHS, Rewritten, rewrite
from campaigns.projects.pictures import file_name
from kernel.errors import NotFound

_YEAR = 365 * 24 * 3600  # seconds
# A browser may keep a file that never changes for good. Shared caches must ask again within a minute, because
# people in a picture may withdraw their consent.
KEPT_BY_CACHES_S = 60
KEPT = f"public, max-age={_YEAR}, s-maxage={KEPT_BY_CACHES_S}, immutable"


def uploaded_picture(request: Request) -> Rewritten:
    """Return the uploaded picture, re-encoded. Raises Invalid `picture_invalid`."""
    return off_loop_one_by_one(rewrite, uploaded_file(request, MOST_BYTES).data)


def picture_response(file_key: str, width: int) -> Response:
    """Return the file of a picture in one width. Raises NotFound `picture_unknown`."""
    data = deps().pictures.read(file_name(file_key, width)) if width in WIDTHS else None
    if data is None:
        raise NotFound("picture_unknown")
    return Response(data, mimetype="image/webp")


def picture_bytes() -> bytes:
    """Return the uploaded file alone: the multipart body differs each time, because its boundary does."""
    return uploaded_file(request, MOST_BYTES).data
