"""The sums that a partner platform raised for a campaign, stated to it with the public notice, and its answer."""

from typing import Any

from flask import Blueprint

from app.current import deps
from app.http import access
from app.http.problems import plain
from app.webhooks.signed import note_refused, question, signed_request, tell_rate_limit
from campaigns.closing.publication.partner_sums import SumsLine, answer_sums, sums_of_partner
from kernel.errors import Invalid, NotFound, fault
from kernel.strict_json import load_json

blueprint = Blueprint("partner_door_sums", __name__, url_prefix="/webhooks/partners/<name>")

blueprint.after_request(note_refused)
blueprint.after_request(tell_rate_limit)
MOST_LISTED = 20


@blueprint.get("/sums")
@access.signature
def list_sums(name: str) -> Any:
    """List the platform's sums of the newest campaigns, with its answers and our replies. Empty in test mode."""
    asking = question(name)
    with deps().db.transaction() as tx:
        lines = [] if asking.test else sums_of_partner(tx, name, MOST_LISTED)
        return {"sums": [_shown(line) for line in lines]}


@blueprint.post("/sums/answer")
@access.signature
def answer_own_sums(name: str) -> Any:
    """Confirm or contradict the sums of the campaign that the body names; the address is not signed."""
    sent = signed_request(name)
    body = load_json(sent.payload)
    if not isinstance(body, dict) or not isinstance(body.get("campaign"), str):
        raise Invalid("sums_answer_invalid", fields={"campaign": fault("required")})
    if sent.test:
        raise NotFound("sums_unknown")
    arguments = (body.get("campaign"), body.get("answer"), body.get("text", ""), body.get("projects", []))
    with deps().db.transaction() as tx:
        return _shown(answer_sums(tx, name, *arguments))


def _shown(line: SumsLine) -> dict[str, Any]:
    stated = line.stated
    answers = [
        {
            "answer": each.said.verdict,
            "text": each.said.text,
            "projects": each.said.projects,
            "answered_at": each.said.answered_at,
            "reply": each.reply.reason if each.reply else None,
            "replied_at": each.reply.replied_at if each.reply else None,
        }
        for each in line.answers
    ]
    times = {"stated_at": stated.stated_at, "answer_until": stated.answer_until}
    shown: dict[str, Any] = plain(stated.sums | {"number": stated.number} | times | {"answers": answers})
    return shown
