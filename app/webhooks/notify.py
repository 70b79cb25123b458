"""`POST /webhooks/partners/{name}/notify`: notifications in a platform's own format, read with its mapping.

An unknown sender gets our own refusal, as at every partner address. A platform that signed gets replies in its
format.
"""

from typing import Any

from flask import Blueprint, g, request
from werkzeug.wrappers import Response

from app.current import deps, partner_mapping
from app.http import access
from app.webhooks.signed import MOST_BYTES, note_refused
from campaigns.intake.check_list import Check, note_check
from campaigns.intake.mapped import receive_mapped
from kernel.errors import Forbidden
from payments.mappings.document import Reply
from payments.mappings.partner_mappings import Mapped
from payments.mappings.translate import translate
from payments.mappings.verify import Notification, open_notification

blueprint = Blueprint("partner_notify", __name__, url_prefix="/webhooks/partners/<name>")


@blueprint.after_request
def refuse_in_their_format(response: Response) -> Response:
    """Convert the refusal of a signed notification into the platform's format."""
    mapped: Mapped | None = g.get("notified_by")
    if mapped is None or mapped.mapping is None or response.status_code < 400:
        return response
    reply = mapped.mapping.replies.refused
    refused = _reply(reply, reply.status or response.status_code, g.get("code") or "internal_error")
    if "Retry-After" in response.headers:
        refused.headers["Retry-After"] = response.headers["Retry-After"]
    return refused


@blueprint.after_request
def count_refusal(response: Response) -> Response:
    """Count a refusal. Registered last, so it runs before the refusal is converted into another format."""
    return note_refused(response)


@blueprint.post("/notify")
@access.signature
def receive(name: str) -> Any:
    """Store the events of a notification and reply as the platform expects."""
    request.max_content_length = MOST_BYTES
    payload = request.get_data()
    mapped = partner_mapping(name)
    g.partner = name if mapped.state else None
    headers = {header.lower(): value for header, value in request.headers.items()}
    came = Notification(payload, headers, mapped.read_at)
    if mapped.mapping is None:
        raise Forbidden("signature_invalid")
    try:
        fields = open_notification(mapped.mapping, mapped.credentials, came)
    except Forbidden as refusal:
        _note_wrong_key(name, mapped, refusal)
        raise
    g.notified_by = mapped
    translated = translate(mapped.mapping, mapped.credentials.parameters, fields)
    events = [part for part in translated if part is not None]
    if events:
        receive_mapped(deps(), name, events, mapped.read_at, test=mapped.test)
    reply = mapped.mapping.replies.taken
    return _reply(reply, reply.status or 200, "")


def _reply(reply: Reply, status: int, code: str) -> Response:
    return Response(reply.body.replace("{code}", code), status, content_type=f"{reply.type}; charset=utf-8")


def _note_wrong_key(name: str, mapped: Mapped, refusal: Forbidden) -> None:
    """Note for a platform in test mode that it has seen the refusal of a wrong key."""
    if mapped.test and refusal.code == "signature_invalid":
        with deps().db.transaction() as tx:
            note_check(tx, name, Check.WRONG_KEY)
