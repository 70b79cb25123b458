"""What a campaign has raised and matched, and what its pots hold, computed from the books on every read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from kernel.db import Tx
from ledger.chart import EARNED, AccountKind
from ledger.statements import pot_balances
from matching.pot_state import PotState, load_pot_states


class Totals(NamedTuple):
    """Amounts in fen less refunds, and the numbers of donations and donors. `matched_minor` is captured match."""

    donations: int
    donors: int
    raised_minor: int
    matched_minor: int


class PotView(NamedTuple):
    """A pot as the public sees it; amounts in fen.

    `available_minor` excludes tranches that have not opened. While the pot is paused it is 0, and `paused_minor` is
    what the pot could give without the pause.

    `funded_minor` is what the pot received less what it returned. It is the sum of `available_minor`,
    `paused_minor`, closed tranches, `reserved_minor`, `held_minor` and `captured_minor`. `returned_minor` was
    returned to the fund at the end of the campaign, or later when a donation was refunded.
    """

    id: int
    name: str
    rank: int
    kind: str
    mode: str
    funded_minor: int
    available_minor: int
    reserved_minor: int
    captured_minor: int
    next_tranche_at: datetime | None
    rules: dict[str, Any]
    locked: bool = False  # a challenge pot whose challenge has not been met
    unlocked_at: datetime | None = None
    held_minor: int = 0  # captured, but on hold until a reviewer decides (screening)
    returned_minor: int = 0
    paused: bool = False
    paused_at: datetime | None = None
    paused_minor: int = 0


def totals(tx: Tx, campaign_ids: Sequence[int]) -> dict[int, Totals]:
    """Return campaign id -> totals. One statement, so all totals are as of the same moment."""
    rows = tx.rows(
        """SELECT t.campaign_id, t.donations, t.donors,
                  coalesce((SELECT sum(r.raised_minor) FROM project_raised r
                             WHERE r.campaign_id = t.campaign_id), 0),
                  coalesce((SELECT sum(b.balance_minor) FROM pot p
                              JOIN pot_balance b ON b.pot_id = p.id AND b.kind = ANY(:earned)
                             WHERE p.campaign_id = t.campaign_id), 0)
             FROM campaign_tally t WHERE t.campaign_id = ANY(:ids)""",
        ids=list(campaign_ids),
        earned=list(EARNED),
    )
    return {row[0]: Totals(row[1], row[2], int(row[3]), int(row[4])) for row in rows}


def pot_views(tx: Tx, campaign_id: int) -> list[PotView]:
    """Return the pots of a campaign by rank and age, the order in which they are evaluated."""
    pots = load_pot_states(tx, [campaign_id])
    balances = pot_balances(tx, [pot.pot_id for pot in pots])
    returned = _returned(tx, campaign_id)
    return [_view(pot, balances, returned.get(pot.pot_id, 0), tx.now) for pot in pots]


def _returned(tx: Tx, campaign_id: int) -> dict[int, int]:
    """Return pot id -> fen that were returned to its fund after the end of the campaign."""
    rows = tx.rows(
        """SELECT f.pot_id, -sum(f.amount_minor) FROM pot_funding f JOIN pot p ON p.id = f.pot_id
            WHERE p.campaign_id = :campaign AND f.reason = 'returned' GROUP BY 1""",
        campaign=campaign_id,
    )
    return {row[0]: int(row[1]) for row in rows}


def _view(
    pot: PotState, balances: dict[tuple[int, AccountKind], int], returned_minor: int, now: datetime
) -> PotView:
    def of(kind: AccountKind) -> int:
        return balances.get((pot.pot_id, kind), 0)

    version = pot.version(now)
    free_minor = max(of(AccountKind.POT_FREE) - pot.closed_minor(now), 0)
    return PotView(
        id=pot.pot_id,
        name=pot.name,
        rank=pot.rank,
        kind=pot.kind,
        mode=pot.mode,
        funded_minor=pot.funded_minor(),
        available_minor=0 if pot.paused_at else free_minor,
        reserved_minor=of(AccountKind.POT_RESERVED),
        captured_minor=of(AccountKind.POT_CAPTURED) + of(AccountKind.POT_RELEASED),
        next_tranche_at=pot.next_tranche_at(now),
        rules=version.rules.as_json() if version else {},
        locked=pot.locked,
        unlocked_at=pot.unlocked_at,
        held_minor=of(AccountKind.POT_HELD),
        returned_minor=returned_minor,
        paused=pot.paused_at is not None,
        paused_at=pot.paused_at,
        paused_minor=free_minor if pot.paused_at else 0,
    )
