"""The integration guide for platforms: from nothing to a passed checklist, with example clients to download."""

import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from flask import Response, render_template
from standardwebhooks import Webhook

from app.current import settings
from app.http import access
from app.i18n.giving_labels import PARTNER_CHECKS
from app.i18n.partner_texts import CHECK_HINTS
from app.shared_pages.declare import shared
from app.web.blueprint import blueprint
from app.webhooks.signed import QUESTIONS
from payments.partners.partner_secrets import LIVE, TEST

EXAMPLES = Path(__file__).parents[2] / "examples"
CLIENTS = {"py": "partner_client.py", "js": "partner_client.js", "sh": "partner_client.sh"}


class SignedSample(NamedTuple):
    """A signed request with which engineers check their own signing. Its secret is public and used nowhere."""

    secret: str
    message_id: str
    timestamp: int
    body: str
    signature: str


def _sample() -> SignedSample:
    key = base64.b64encode(b"this key is printed for everybody").decode()
    message_id, timestamp, body = "msg_1", 1788919200, '{"type": "ping"}'
    signature = Webhook(LIVE + key).sign(message_id, datetime.fromtimestamp(timestamp, UTC), body)
    return SignedSample(TEST + key, message_id, timestamp, body, signature)


SAMPLE = _sample()


@blueprint.get("/connect")
@access.public
@shared()
def connect() -> str:
    """Show the guide in six steps, complete enough to write a client. The federation issues the secrets."""
    address = f"{settings().public_url}/webhooks/partners/NAME"
    return render_template(
        "web/connect.html",
        address=address,
        checks={check: PARTNER_CHECKS[check] for check in CHECK_HINTS},  # of those who use our format
        hints=CHECK_HINTS,
        clients=CLIENTS,
        sample=SAMPLE,
        questions=QUESTIONS,
    )


@blueprint.get("/connect/partner_client.<any(py,js,sh):kind>")
@access.public
def connect_client(kind: str) -> Response:
    """Return an example client, the same file that is tested."""
    source = (EXAMPLES / CLIENTS[kind]).read_text(encoding="utf-8")
    headers = {
        "Content-Disposition": f"attachment; filename={CLIENTS[kind]}",
        "Cache-Control": "public, max-age=300",
    }
    return Response(source, headers=headers, content_type="text/plain; charset=utf-8")
