"""The only code that sets a donation's status. Every transition adds a row to the donation's history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from campaigns.donations.letters.letters import queue_letters_of
from campaigns.donations.letters.outgoing import new_deliveries, queue_transitions
from campaigns.donations.models import Donation, DonationHistory
from campaigns.donations.states import Status, Transition, may_move
from kernel.bulk import Rows, insert_together, update_rows
from kernel.db import NOW, Tx
from kernel.errors import BrokenPromise
from payments.outgoing_models import OutgoingType


def transition(tx: Tx, transitions: Sequence[Transition]) -> None:
    """Make transitions of donations whose rows are locked; several transitions of one donation are made in order.
    Clears `network_key`, the address of an unpaid donation.

    Raises BrokenPromise for a transition that is not in the table.
    """
    record_transitions(tx, transitions)
    last = {step.donation_id: step.to for step in transitions if step.from_ is not None}
    statuses = [str(status) for status in last.values()]
    update_rows(tx, Donation, "id", {"id": list(last), "status": statuses, "network_key": None})


def settle(tx: Tx, agreed: str, cause: str, **values: Any) -> None:
    """Settle the paid donations whose ids the query `agreed` selects, write their history, and queue the messages
    to their platforms. The caller keeps other transactions from changing them."""
    status = {"paid": Status.PAID, "settled": Status.SETTLED}
    delivery = {"type": OutgoingType.DONATION_SETTLED, "now": tx.now}
    tx.run(_SETTLE.format(agreed=agreed), cause=cause, **status, **delivery, **values)


# One statement, because a campaign may have a million of them.
_SETTLE = f"""
    WITH settled AS (
        UPDATE donation d SET status = :settled FROM ({{agreed}}) AS a WHERE d.id = a.id AND d.status = :paid
        RETURNING d.id, d.provider),
    history AS (
        INSERT INTO donation_history (donation_id, from_status, to_status, cause, at)
        SELECT id, :paid, :settled, :cause, :now FROM settled),
    deliveries AS ({new_deliveries("settled")})
    SELECT"""


def record_transitions(tx: Tx, transitions: Sequence[Transition]) -> None:
    """Check transitions against the table, write their history, and queue the messages to their donors and
    platforms.

    Only for a caller that writes the status itself, in one statement with other columns of the same rows. All
    others call `transition`. Raises BrokenPromise for a transition that is not in the table.
    """
    insert_together(tx, [history_rows(transitions, tx.now)])
    queue_letters_of(tx, transitions)
    queue_transitions(tx, transitions)


def with_history(update: str, from_: Status, to: Status, cause: str) -> str:
    """Return a statement for `Database.rows_at_once`: `update`, which makes one transition and returns the ids of
    its donations, with their history. Nobody gets a message about it."""
    assert may_move(from_, to)
    return f"""WITH moved AS ({update}),
                history AS (INSERT INTO donation_history (donation_id, from_status, to_status, cause, at)
                            SELECT id, '{from_}', '{to}', '{cause}', {NOW} FROM moved)
           SELECT id FROM moved"""


def history_rows(transitions: Sequence[Transition], at: datetime) -> Rows:
    """Check transitions against the table and return their history rows; see `record_transitions`."""
    for step in transitions:
        if step.from_ is not None and not may_move(step.from_, step.to):
            raise BrokenPromise(f"donation {step.donation_id} cannot go from {step.from_} to {step.to}")
    values = {
        "donation_id": [step.donation_id for step in transitions],
        "from_status": [step.from_ for step in transitions],
        "to_status": [step.to for step in transitions],
        "cause": [step.cause for step in transitions],
        "at": at,
    }
    return Rows(DonationHistory, values)
