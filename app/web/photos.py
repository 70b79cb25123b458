"""Picture files that every visitor may see."""

from flask import request
from werkzeug.wrappers import Response

from app.current import deps
from app.http import access
from app.http.pictures import KEPT, KEPT_BY_CACHES_S, picture_response
from app.web.blueprint import blueprint
from campaigns.disclosure.pictures import is_public
from campaigns.projects.pictures import file_name
from kernel.errors import NotFound


@blueprint.get("/pictures/<string(length=32):file_key>-<int:width>.webp")
@access.public
def photo(file_key: str, width: int) -> Response:
    """Return a picture of a project in a public campaign, in one width."""
    with deps().db.transaction() as tx:
        if not is_public(tx, file_key):
            raise NotFound("picture_unknown")
    name = file_name(file_key, width)  # the file of a name never changes, so a client that has it gets a 304
    response = Response(status=304) if request.if_none_match.contains(name) else picture_response(file_key, width)
    response.headers["Cache-Control"] = KEPT
    response.headers["X-Accel-Expires"] = str(KEPT_BY_CACHES_S)
    response.set_etag(name)
    return response
