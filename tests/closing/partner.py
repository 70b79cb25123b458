"""What a partner platform sends, as its webhook stores it."""

from datetime import datetime
from typing import Any

from payments.inbox.inbox import Stored, store
from payments.messages import message
from tests.world import VILLAGES, World


def event(
    donation: str, amount_minor: int, *, at: datetime, kind: str = "paid", event_id: str | None = None, **data: Any
) -> dict[str, Any]:
    """One event of the published interface; `at` is when the donor paid (or the refund was made)."""
    return {
        "type": f"donation.{kind}",
        "id": event_id or f"{kind}-{donation}",
        "occurred_at": at.isoformat(),
        "data": {
            "donation_id": donation,
            "project_code": "P1",
            "amount_minor": amount_minor,
            "currency": "CNY",
            "paid_at": at.isoformat(),
            "donor": {"key": f"donor-of-{donation}", "name": "某某"},
        }
        | data,
    }


def tell(world: World, partner: str, donation: str, amount_minor: int, **more: Any) -> Stored:
    """The event arrives in the inbox."""
    data = {"at": world.clock.at, "project_code": code_of(world, 0)} | more
    body = event(donation, amount_minor, **data)
    stored: Stored = world.do(
        store, world.deps.keys, [message(f"partner:{partner}", body["id"], body, compare=True)]
    )
    return stored


def code_of(world: World, project: int) -> str:
    """The public code of one of the three villages' projects."""
    assert project < len(VILLAGES)
    return str(
        world.do(lambda tx: tx.scalar("SELECT code FROM project WHERE id = :id", id=world.projects[project]))
    )


def waiting(world: World) -> list[str]:
    """Why messages wait."""
    rows = world.do(lambda tx: tx.rows("SELECT note FROM inbox_work WHERE state = 'waiting' ORDER BY inbox_id"))
    return [row[0] for row in rows]
