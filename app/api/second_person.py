"""The API response to an act that waits for a second person: 202, with the approval and its address."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Response, jsonify, url_for
from marshmallow import Schema, fields

from app.api.base import Blueprint
from app.api.schema_fields import Currency, Key, Minor, Text, Time, one_of
from app.i18n.approvals import approval_text
from campaigns.approvals.acts import ACTS
from campaigns.approvals.models import Approval, ApprovalState
from campaigns.approvals.names import names_of
from kernel.db import Tx
from kernel.money import CURRENCY


class ApprovalOut(Schema):
    """An act that one person requested and another decides."""

    id = Key()
    act = one_of(*ACTS)
    kind = Text(metadata={"description": "of the subject: the name of its id in addresses"})
    subject = Text(metadata={"description": "what it is done to: its id or slug"})
    text = Text(metadata={"description": "the act in words, in the language of the request"})
    arguments = fields.Dict(metadata={"description": "as they were sent, without the reason"})
    reason = Text()
    stake_minor = Minor(0, allow_none=True, metadata={"description": "fen; null: it needs a second person always"})
    currency = Currency()
    campaign = Text(metadata={"description": "slug; empty when it belongs to none"})
    state = one_of(*ApprovalState)
    asked_by = Text()
    asked_at = Time()
    until = Time(metadata={"description": "undecided it expires then, and nothing is done"})
    decided_by = Text()
    decided_at = Time(allow_none=True)
    note = Text()


def approval_views(tx: Tx, approvals: Sequence[Approval]) -> list[dict[str, Any]]:
    """Return approvals as managers see them."""
    names = names_of(tx, approvals)
    return [
        {
            **approval.model_dump(exclude={"owner", "lineage"}),
            "kind": ACTS[approval.act].kind,
            "text": approval_text(approval, names),
            "currency": CURRENCY,
        }
        for approval in approvals
    ]


def waiting(tx: Tx, outcome: Any) -> Response | None:
    """Return the response to an act that waits for a second person; None if it was done."""
    if not isinstance(outcome, Approval):
        return None
    response = jsonify(ApprovalOut().dump(*approval_views(tx, [outcome])))
    response.status_code = 202
    response.headers["Location"] = url_for("approvals.show", approval_id=outcome.id)
    return response


def may_wait(blueprint: Blueprint) -> Callable[[Any], Any]:
    """Describe that a route may respond with 202."""
    description = "waits for a second person: nothing is done yet; see `/approvals`"
    decorate: Callable[[Any], Any] = blueprint.alt_response(202, schema=ApprovalOut, description=description)
    return decorate
