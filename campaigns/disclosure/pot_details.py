"""A pot as managers see it: its money, what cut its match, and the donations it matched. All amounts in fen."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from campaigns.disclosure.totals import PotView, pot_views
from campaigns.network.search import names
from campaigns.projects.targets import targets
from kernel.db import Tx
from kernel.ids import MOST_ID
from matching.models import Pot, PotFunding
from matching.pot_state import PotState
from matching.pots import find
from matching.rules import Target, parse

RECENT_DECISIONS = 2_000  # in which cuts are counted, because a page must not read a whole giving day


class MatchedDonation(NamedTuple):
    """A donation's match from a pot. `id` is the reservation's; `donated_minor` is the donor's own money."""

    id: int
    donation_id: UUID
    project_name: str
    donated_minor: int
    amount_minor: int
    returned_minor: int
    state: str
    created_at: datetime


class Cut(NamedTuple):
    """A limit that reduced shares, and how often."""

    by: str
    times: int


def pot_view(tx: Tx, pot_id: int) -> tuple[PotState, PotView]:
    """Return a pot as matching sees it and as the public sees it. Raises NotFound `pot_unknown`."""
    state = find(tx, min(pot_id, MOST_ID))
    return state, next(view for view in pot_views(tx, state.campaign_id) if view.id == state.pot_id)


def pots_serving(tx: Tx, campaign_id: int, project_id: int) -> list[PotView]:
    """Return the pots of a campaign that serve a project under the rules in force."""
    return serving(pot_views(tx, campaign_id), targets(tx, [project_id])[project_id])


def serving(pots: Sequence[PotView], target: Target) -> list[PotView]:
    """Return the pots whose rules in force serve a project."""
    return served_by(pots)(target)


def served_by(pots: Sequence[PotView]) -> Callable[[Target], list[PotView]]:
    """Return a function that names those of these pots whose rules in force serve a project. For many projects of
    one campaign: it reads the rules once."""
    scopes = [(pot, parse(pot.rules).scope) for pot in pots if pot.rules]
    return lambda target: [pot for pot, scope in scopes if scope.excludes(target) is None]


def fundings(tx: Tx, campaign_id: int) -> dict[int, list[PotFunding]]:
    """Return pot id -> the movements between a campaign's pot and its fund, oldest first."""
    by_pot: dict[int, list[PotFunding]] = {}
    for funding in tx.all(
        select(PotFunding)
        .join(Pot, col(Pot.id) == PotFunding.pot_id)
        .where(Pot.campaign_id == campaign_id)
        .order_by(col(PotFunding.created_at), col(PotFunding.opens_at), col(PotFunding.id))
    ):
        by_pot.setdefault(funding.pot_id, []).append(funding)
    return by_pot


def newest_funding(tx: Tx, pot_id: int) -> PotFunding | None:
    """Return the newest movement between a pot and its fund, or None if there is none."""
    return tx.first(select(PotFunding).where(PotFunding.pot_id == pot_id).order_by(col(PotFunding.id).desc()))


def cuts(tx: Tx, pot_id: int) -> tuple[list[Cut], int]:
    """Return what reduced this pot's shares, most frequent first, and how often the pot was evaluated.

    Both are counted over the newest decisions of all pots.
    """
    rows = tx.rows_as(
        Cut,
        """WITH answer AS (
               SELECT t.answer FROM (SELECT trace FROM match_decision ORDER BY id DESC LIMIT :most) AS d,
                      jsonb_array_elements(d.trace) AS t(answer)
                WHERE CAST(t.answer->>'pot' AS bigint) = :pot)
           SELECT c.cut->>'by' AS by, count(*) AS times
             FROM answer LEFT JOIN LATERAL jsonb_array_elements(answer->'cuts') AS c(cut) ON c.cut->>'by' <> 'moved'
            GROUP BY 1 ORDER BY 2 DESC, 1""",
        pot=pot_id,
        most=RECENT_DECISIONS,
    )
    times_asked = tx.scalar(
        """SELECT count(*) FROM (SELECT trace FROM match_decision ORDER BY id DESC LIMIT :most) AS d
            WHERE d.trace @> jsonb_build_array(jsonb_build_object('pot', CAST(:pot AS bigint)))""",
        pot=pot_id,
        most=RECENT_DECISIONS,
    )
    return [cut for cut in rows if cut.by is not None], int(times_asked)


def matched_donations(
    tx: Tx, pot_id: int, before: int | None, most: int, branch: str | None = None
) -> list[MatchedDonation]:
    """Return at most `most` donations with match or reserved match from a pot, newest first.

    With `branch`, only donations to its projects. Pages follow the primary key below the reservation `before`, so
    the total number is not needed.
    """
    return tx.rows_as(
        MatchedDonation,
        """SELECT r.id, r.donation_id, p.name AS project_name, d.amount_minor AS donated_minor, r.amount_minor,
                  r.returned_minor,
                  CASE WHEN r.held AND r.live_minor > 0 THEN 'held' ELSE r.state END AS state,
                  r.created_at
             FROM reservation r JOIN project p ON p.id = r.project_id JOIN donation d ON d.id = r.donation_id
            WHERE r.pot_id = :pot AND (CAST(:before AS bigint) IS NULL OR r.id < :before)
              AND (CAST(:branch AS text) IS NULL OR p.lineage @> ARRAY[CAST(:branch AS text)])
            ORDER BY r.id DESC LIMIT :most""",
        pot=pot_id,
        before=before,
        most=most,
        branch=branch,
    )


def place_names(tx: Tx, pots: Sequence[PotView]) -> dict[str, str]:
    """Return code -> name of the organisations to which pots are ring-fenced."""
    return names(tx, {code for pot in pots for code in pot.rules.get("scope", {}).get("under", ())})
