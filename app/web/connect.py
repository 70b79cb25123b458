"""How an engineer connects a platform: from nothing to a passed check list, with clients to take along."""

from pathlib import Path

from flask import Response, render_template

from app.current import settings
from app.http import access
from app.i18n.giving_labels import PARTNER_CHECKS
from app.shared_pages.declare import shared
from app.web.blueprint import blueprint

EXAMPLES = Path(__file__).parents[2] / "examples"
CLIENTS = {"py": "partner_client.py", "js": "partner_client.js"}


@blueprint.get("/connect")
@access.public
@shared()
def connect() -> str:
    """The way in six steps. Holds no secret: the federation hands that over."""
    address = f"{settings().public_url}/webhooks/partners/NAME"
    return render_template("web/connect.html", address=address, checks=PARTNER_CHECKS, clients=CLIENTS)


@blueprint.get("/connect/partner_client.<any(py,js):kind>")
@access.public
def connect_client(kind: str) -> Response:
    """An example client, as it is tested."""
    source = (EXAMPLES / CLIENTS[kind]).read_text(encoding="utf-8")
    headers = {
        "Content-Disposition": f"attachment; filename={CLIENTS[kind]}",
        "Cache-Control": "public, max-age=300",
    }
    return Response(source, headers=headers, content_type="text/plain; charset=utf-8")
