"""The only code that sets a donation's status. Every transition adds a row to the donation's history."""

from collections.abc import Sequence
from datetime import datetime

from campaigns.donations.letters.letters import letters_of, queue_letters
from campaigns.donations.letters.outgoing import queue_transitions
from campaigns.donations.models import Donation, DonationHistory
from campaigns.donations.states import Transition, may_move
from kernel.bulk import Rows, insert_together, update_rows
from kernel.db import Tx
from kernel.errors import BrokenPromise


def transition(tx: Tx, transitions: Sequence[Transition]) -> None:
    """Make transitions of donations whose rows are locked; several transitions of one donation are made in order.
    Clears `network_key`, the address of an unpaid donation.

    Raises BrokenPromise for a transition that is not in the table.
    """
    record_transitions(tx, transitions)
    last = {step.donation_id: step.to for step in transitions if step.from_ is not None}
    statuses = [str(status) for status in last.values()]
    update_rows(tx, Donation, "id", {"id": list(last), "status": statuses, "network_key": None})


def record_transitions(tx: Tx, transitions: Sequence[Transition]) -> None:
    """Check transitions against the table, write their history, and queue the messages to their donors and
    platforms.

    Only for a caller that writes the status itself, in one statement with other columns of the same rows. All
    others call `transition`. Raises BrokenPromise for a transition that is not in the table.
    """
    insert_together(tx, [history_rows(transitions, tx.now)])
    queue_letters(tx, letters_of(transitions))
    queue_transitions(tx, transitions)


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
