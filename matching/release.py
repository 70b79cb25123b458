"""Match that is not earned goes back: to its pot while the campaign lives, else to the fund that paid it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from kernel.db import Tx
from ledger.chart import Account, fund, pot_captured, pot_free, pot_held, pot_released, pot_reserved
from ledger.kinds import TransferKind
from ledger.post import Transfer
from matching.capture import reserved_parts
from matching.models import PotFunding
from matching.pot_state import PotState, lock_free_accounts
from matching.reservations import Surplus


def release(tx: Tx, donation_ids: Sequence[UUID], pots: Mapping[int, PotState]) -> list[Transfer]:
    """Free what is held for donations that will not be paid; answers the transfers to post.

    `pots` holds the pots concerned (pot id -> pot); they are locked here, because releasing changes what is
    left of them and of their caps. A reservation that has ended already is left alone.
    """
    held = [part for part in reserved_parts(tx, donation_ids) if part.state == "reserved"]
    if not held:
        return []
    lock_free_accounts(tx, [pots[pot_id] for pot_id in {part.pot_id for part in held}])
    rows = tx.rows(
        """UPDATE reservation SET state = 'released', ended_at = :now
            WHERE id = ANY(:ids) AND state = 'reserved'
        RETURNING id, donation_id, pot_id, project_id, amount_minor""",
        ids=[part.reservation_id for part in held],
        now=tx.now,
    )
    return [
        Transfer(
            f"reservation:{row.id}:release",
            pot_reserved(row.pot_id, row.project_id),
            pot_free(row.pot_id),
            row.amount_minor,
            TransferKind.MATCH_RELEASED,
            row.donation_id,
            row.id,
        )
        for row in rows
    ]


def give_back(
    tx: Tx,
    taken: Sequence[Surplus],
    pots: Mapping[int, PotState],
    *,
    living: bool,
    released: bool,
    cause: str,
    case_id: int | None = None,
) -> list[Transfer]:
    """Take captured match back from donations; answers the transfers to post.

    `living`: the campaign lives, so the match returns to the pot, else to the fund. `released`: the match was
    made spendable already and comes out of that account (held match out of its own). `cause` makes the keys
    unique: one per refund. `case_id` names the screening case whose reviewer takes it.
    """
    if not taken:
        return []
    lock_free_accounts(tx, [pots[pot_id] for pot_id in {one.part.pot_id for one in taken}])
    tx.run(
        """UPDATE reservation r SET returned_minor = r.returned_minor + d.amount
             FROM unnest(CAST(:ids AS bigint[]), CAST(:amounts AS bigint[])) AS d(id, amount)
            WHERE r.id = d.id""",
        ids=[one.part.reservation_id for one in taken],
        amounts=[one.amount_minor for one in taken],
    )
    if not living:
        for one in taken:
            tx.add(PotFunding.gave(one.part.pot_id, one.amount_minor, "returned", tx.now))
    return [_return(one, pots[one.part.pot_id], living, released, cause, case_id) for one in taken]


def _return(one: Surplus, pot: PotState, living: bool, released: bool, cause: str, case_id: int | None) -> Transfer:
    part = one.part
    account = pot_held if part.held else pot_released if released else pot_captured
    source = account(part.pot_id, part.project_id)
    home: Account = pot_free(pot.pot_id) if living else fund(pot.fund_id)
    return Transfer(
        f"reservation:{part.reservation_id}:return:{cause}",
        source,
        home,
        one.amount_minor,
        TransferKind.MATCH_RETURNED,
        part.donation_id,
        part.reservation_id,
        case_id=case_id,
    )
