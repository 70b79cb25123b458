"""Return captured match to its pot while the campaign is open, afterwards to the fund that paid it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from kernel.bulk import unnest
from kernel.db import Tx
from ledger.chart import Account, fund, pot_captured, pot_free, pot_held, pot_released
from ledger.kinds import TransferKind
from ledger.post import Transfer
from matching.models import PotFunding, Reservation
from matching.pot_state import PotState, lock_free_accounts
from matching.reservations import ReservedPart, Surplus


class MovedMatch(NamedTuple):
    """Match that a decision moved away from a reservation of a donation, in fen."""

    source: ReservedPart
    donation_id: UUID
    amount_minor: int
    decision_id: int


def return_surplus(
    tx: Tx,
    surpluses: Sequence[Surplus],
    pots: Mapping[int, PotState],
    *,
    living: bool,
    released: bool,
    cause: str,
    case_id: int | None = None,
) -> list[Transfer]:
    """Return the surplus match of donations; return the transfers to post.

    `living`: match returns to its pot, otherwise to the fund. `released`: captured match has been disbursed and is
    taken from that account (match on hold is always taken from its own). `cause` makes the keys unique: one per
    refund. `case_id` names the screening case whose reviewer takes the match away.
    """
    if not surpluses:
        return []
    lock_free_accounts(tx, [pots[pot_id] for pot_id in {surplus.part.pot_id for surplus in surpluses}])
    _add_returned(tx, ((surplus.part.reservation_id, surplus.amount_minor) for surplus in surpluses))
    if not living:
        tx.add_all(
            PotFunding.returned(surplus.part.pot_id, surplus.amount_minor, "returned", tx.now)
            for surplus in surpluses
        )
    transfers = []
    for part, amount_minor in surpluses:
        account = pot_held if part.held else pot_released if released else pot_captured
        pot = pots[part.pot_id]
        destination: Account = pot_free(pot.pot_id) if living else fund(pot.fund_id)
        transfers.append(
            Transfer(
                f"reservation:{part.reservation_id}:return:{cause}",
                account(part.pot_id, part.project_id),
                destination,
                amount_minor,
                TransferKind.MATCH_RETURNED,
                part.donation_id,
                part.reservation_id,
                case_id=case_id,
            )
        )
    return transfers


def return_moved(tx: Tx, moved: Sequence[MovedMatch]) -> list[Transfer]:
    """Return moved match to the pots that it leaves, which the caller has locked; return the transfers to post.

    A decision moves match from one reservation only, so its id makes the key unique.
    """
    _add_returned(tx, ((match.source.reservation_id, match.amount_minor) for match in moved))
    return [
        Transfer(
            f"reservation:{match.source.reservation_id}:moved:{match.decision_id}",
            pot_captured(match.source.pot_id, match.source.project_id),
            pot_free(match.source.pot_id),
            match.amount_minor,
            TransferKind.MATCH_MOVED,
            match.donation_id,
            match.source.reservation_id,
            match.decision_id,
        )
        for match in moved
    ]


def _add_returned(tx: Tx, amounts: Iterable[tuple[int, int]]) -> None:
    """Add pairs of (reservation id, fen) to what was returned of reservations."""
    sums: Counter[int] = Counter()
    for reservation_id, amount_minor in amounts:
        sums[reservation_id] += amount_minor
    if sums:
        tx.run(
            f"""UPDATE reservation r SET returned_minor = r.returned_minor + u.returned_minor
                  FROM {unnest(Reservation, "id", "returned_minor")} WHERE r.id = u.id""",
            id=list(sums),
            returned_minor=list(sums.values()),
        )
