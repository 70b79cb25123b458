"""Queries for cases."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, func, select

from campaigns.donations.donors.person_keys import open_text
from campaigns.donations.models import Donation
from campaigns.projects.models import Project
from campaigns.screening.models import STATES, ScreeningCase
from kernel.db import Tx
from kernel.errors import Invalid, NotFound, fault
from kernel.keys import Keys
from kernel.paging import FIRST_PAGE, Page

# A case with what a reviewer needs to see: the donation, its project, and the match (fen) that is on hold now.
_VIEW = r"""
    SELECT c.*, e.slug AS campaign, d.project_id, p.name AS project_name, d.amount_minor, d.refunded_minor,
           d.currency, d.status, d.paid_at, d.channel,
           array_remove(ARRAY[CASE WHEN d.donor_key NOT LIKE 'd\:%' THEN 'donor' END,
                              CASE WHEN d.instrument IS NOT NULL THEN 'instrument' END,
                              CASE WHEN d.device_key IS NOT NULL THEN 'device' END], NULL) AS watchable,
           CAST(coalesce((SELECT sum(r.live_minor) FROM reservation r
                           WHERE r.donation_id = c.donation_id AND r.held), 0) AS bigint) AS now_held_minor
      FROM screening_case c JOIN campaign e ON e.id = c.campaign_id
      JOIN donation d ON d.id = c.donation_id JOIN project p ON p.id = d.project_id"""


def find_case(tx: Tx, case_id: int, *, lock: bool = False) -> ScreeningCase:
    """Return one case. Raises NotFound `case_unknown`."""
    case = tx.get(ScreeningCase, case_id, lock=lock)
    if case is None:
        raise NotFound("case_unknown")
    return case


def case_id_of_donation(tx: Tx, donation_id: UUID) -> int:
    """Return the id of a donation's case. Raises NotFound `case_unknown`."""
    case = tx.first(select(ScreeningCase).where(ScreeningCase.donation_id == donation_id))
    if case is None or case.id is None:
        raise NotFound("case_unknown")
    return case.id


class OwnCase(NamedTuple):
    """A case as its donor may see it: the codes of its signals, and the reply to an appeal."""

    signals: tuple[str, ...]
    opened_at: datetime
    appealed_at: datetime | None
    answer: str


def case_of_donation(tx: Tx, donation_id: UUID) -> OwnCase | None:
    """Return the case of a donation; None if it has none."""
    case = tx.first(select(ScreeningCase).where(ScreeningCase.donation_id == donation_id))
    if case is None:
        return None
    codes = tuple(dict.fromkeys(str(signal["code"]) for signal in case.signals))
    return OwnCase(codes, case.opened_at, case.appealed_at, case.answer)


def count_open_cases(tx: Tx, campaign_id: int, branch: str | None = None) -> int:
    """Return how many cases of a campaign are undecided. With `branch`, only projects in it count."""
    own = [] if branch is None else [_in_branch(branch)]
    return _count(tx, ScreeningCase.campaign_id == campaign_id, ScreeningCase.state == "open", *own)


def _in_branch(branch: str) -> ColumnElement[bool]:
    projects = select(Project.id).where(col(Project.lineage).contains([branch]))
    return col(ScreeningCase.donation_id).in_(select(Donation.id).where(col(Donation.project_id).in_(projects)))


def view(tx: Tx, keys: Keys, case_id: int) -> dict[str, Any]:
    """Return a case with its donation. Raises NotFound `case_unknown`."""
    find_case(tx, case_id)
    return views(tx, keys, [case_id])[0]


def listed(
    tx: Tx,
    keys: Keys,
    campaign_id: int,
    state: str | None = None,
    page: Page = FIRST_PAGE,
    branch: str | None = None,
) -> tuple[list[dict[str, Any]], int]:
    """Return one page of a campaign's cases, open ones first, then unanswered appeals, and their total number. With
    `branch`, only projects in it count.

    Raises Invalid `list_invalid` for an unknown state.
    """
    ids, chosen = _ordered(campaign_id, state, branch)
    return views(tx, keys, tx.all(ids.limit(page.size).offset(page.offset))), _count(tx, *chosen)


def ids_listed(tx: Tx, campaign_id: int, state: str | None, branch: str | None) -> list[int]:
    """Return the ids of all cases in the order of `listed`, to read them part by part. Raises Invalid
    `list_invalid` for an unknown state."""
    ids, _chosen = _ordered(campaign_id, state, branch)
    return tx.all(ids)


def _ordered(campaign_id: int, state: str | None, branch: str | None) -> tuple[Any, list[Any]]:
    """Return the query of the ids of a campaign's cases in their order, and its conditions."""
    if state is not None and state not in STATES:
        raise Invalid("list_invalid", fields={"state": fault("not_one_of", options=STATES)})
    chosen: list[Any] = [ScreeningCase.campaign_id == campaign_id]
    if state is not None:
        chosen.append(ScreeningCase.state == state)
    if branch is not None:
        chosen.append(_in_branch(branch))
    unanswered = col(ScreeningCase.appealed_at).is_not(None) & col(ScreeningCase.answered_at).is_(None)
    order = (col(ScreeningCase.state) != "open", ~unanswered, col(ScreeningCase.id))
    return select(col(ScreeningCase.id)).where(*chosen).order_by(*order), chosen


def _count(tx: Tx, *conditions: Any) -> int:
    return tx.first(select(func.count()).select_from(ScreeningCase).where(*conditions)) or 0


def views(tx: Tx, keys: Keys, case_ids: Sequence[Any]) -> list[dict[str, Any]]:
    """Return cases with their donations, in the order of the ids."""
    rows = {row.id: row._asdict() for row in tx.rows(f"{_VIEW} WHERE c.id = ANY(:ids)", ids=list(case_ids))}
    for row in rows.values():
        row["appeal"] = open_text(tx, keys, row["donation_id"], row["appeal"])
    return [rows[case_id] for case_id in case_ids]
