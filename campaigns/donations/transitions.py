"""The one setter of a donation's status; every move leaves a row in its history."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from campaigns.donations.states import Status, may_move
from kernel.db import Tx
from kernel.errors import BrokenPromise


class Transition(NamedTuple):
    """A donation goes from one state to another, for a cause (a stable word)."""

    donation_id: UUID
    from_: Status | None
    to: Status
    cause: str


def transition(tx: Tx, moves: Sequence[Transition]) -> None:
    """Make moves of donations whose rows are locked; several of one donation are made in order.

    Raises BrokenPromise for a move that is not in the table: callers decide what to do, never this.
    """
    record_transitions(tx, moves)
    last = {one.donation_id: one.to for one in moves if one.from_ is not None}
    if last:
        tx.run(
            """UPDATE donation d SET status = u.status
                 FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[])) AS u(id, status)
                WHERE d.id = u.id""",
            ids=list(last),
            statuses=[str(status) for status in last.values()],
        )


def record_transitions(tx: Tx, moves: Sequence[Transition]) -> None:
    """Check moves against the table and write their history. Only for who writes the status itself, in one
    statement with other columns of the same rows; everyone else calls `move`."""
    for one in moves:
        if one.from_ is not None and not may_move(one.from_, one.to):
            raise BrokenPromise(f"donation {one.donation_id} cannot go from {one.from_} to {one.to}")
    if not moves:
        return
    tx.run(
        """INSERT INTO donation_history (donation_id, from_status, to_status, at, cause)
           SELECT d, f, t, :now, c
             FROM unnest(CAST(:ids AS uuid[]), CAST(:froms AS text[]), CAST(:tos AS text[]),
                         CAST(:causes AS text[]))
                  WITH ORDINALITY AS u(d, f, t, c, n) ORDER BY n""",
        ids=[one.donation_id for one in moves],
        froms=[one.from_ for one in moves],
        tos=[one.to for one in moves],
        causes=[one.cause for one in moves],
        now=tx.now,
    )
