"""What the manager pages of pots read beside the use cases' own readings; amounts in fen."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from campaigns.disclosure.totals import PotView, pot_views
from kernel.db import Tx
from matching.pot_state import PotState
from matching.pots import find

PAGE_SIZE = 50
LOOKED_AT = 2_000  # newest decisions in which cuts are counted: a page must not read a whole giving day


class Funding(NamedTuple):
    """Money that a pot got or, below zero, gave back."""

    id: int
    pot_id: int
    opens_at: datetime
    amount_minor: int
    reason: str
    created_at: datetime


class Matched(NamedTuple):
    """One donation's match from a pot."""

    id: int
    donation_id: str
    project_name: str
    gift_minor: int
    amount_minor: int
    returned_minor: int
    state: str
    created_at: datetime


class Cut(NamedTuple):
    """A limit that made shares smaller, and how often."""

    by: str
    times: int


def pot(tx: Tx, pot_id: int) -> tuple[PotState, PotView]:
    """One pot, as matching and as the public see it. Raises NotFound `pot_unknown`."""
    state = find(tx, min(pot_id, 2**63 - 1))
    return state, next(one for one in pot_views(tx, state.campaign_id) if one.id == state.pot_id)


def funding(tx: Tx, campaign_id: int) -> dict[int, list[Funding]]:
    """What came into the pots of a campaign and went out of them, oldest first, by pot."""
    rows = tx.rows(
        """SELECT f.id, f.pot_id, f.opens_at, f.amount_minor, f.reason, f.created_at FROM pot_funding f
             JOIN pot p ON p.id = f.pot_id
            WHERE p.campaign_id = :campaign ORDER BY f.created_at, f.opens_at, f.id""",
        campaign=campaign_id,
    )
    found: dict[int, list[Funding]] = {}
    for row in rows:
        found.setdefault(row.pot_id, []).append(Funding(*row))
    return found


def acts(tx: Tx, pot_id: int) -> Sequence[Any]:
    """What managers did to a pot, newest first: at, actor, action, detail."""
    return tx.rows(
        "SELECT at, actor, action, detail FROM audit_entry WHERE subject = :pot ORDER BY id DESC",
        pot=f"pot:{pot_id}",
    )


def cuts(tx: Tx, pot_id: int) -> tuple[list[Cut], int]:
    """What made this pot's shares smaller, the most frequent first, and how often it was asked, both among the
    newest decisions of all."""
    rows = tx.rows(
        """WITH answer AS (
               SELECT t.answer FROM (SELECT trace FROM match_decision ORDER BY id DESC LIMIT :most) AS d,
                      jsonb_array_elements(d.trace) AS t(answer)
                WHERE CAST(t.answer->>'pot' AS bigint) = :pot)
           SELECT c.cut->>'by' AS by, count(*) AS count
             FROM answer LEFT JOIN LATERAL jsonb_array_elements(answer->'cuts') AS c(cut) ON c.cut->>'by' <> 'moved'
            GROUP BY 1 ORDER BY 2 DESC, 1""",
        pot=pot_id,
        most=LOOKED_AT,
    )
    asked = tx.scalar(
        """SELECT count(*) FROM (SELECT trace FROM match_decision ORDER BY id DESC LIMIT :most) AS d
            WHERE d.trace @> jsonb_build_array(jsonb_build_object('pot', CAST(:pot AS bigint)))""",
        pot=pot_id,
        most=LOOKED_AT,
    )
    return [Cut(*row) for row in rows if row[0] is not None], int(asked)


def matched(tx: Tx, pot_id: int, before: int | None) -> list[Matched]:
    """The donations that got or were promised match from a pot, newest first; one more than a page, if there are
    more. Read along the primary key, from `before` on: the number of all is not needed for that."""
    rows = tx.rows(
        """SELECT r.id, r.donation_id, p.name, d.amount_minor, r.amount_minor, r.returned_minor,
                  CASE WHEN r.held AND r.live_minor > 0 THEN 'held' ELSE r.state END, r.created_at
             FROM reservation r JOIN project p ON p.id = r.project_id JOIN donation d ON d.id = r.donation_id
            WHERE r.pot_id = :pot AND (CAST(:before AS bigint) IS NULL OR r.id < :before)
            ORDER BY r.id DESC LIMIT :most""",
        pot=pot_id,
        before=before,
        most=PAGE_SIZE + 1,
    )
    return [Matched(row[0], str(row[1]), *row[2:]) for row in rows]
