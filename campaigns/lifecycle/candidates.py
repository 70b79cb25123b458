"""Search the projects that could take part in a campaign and do not yet do so."""

from typing import Any, NamedTuple

from campaigns.projects.states import ELIGIBLE
from kernel.db import Tx
from kernel.paging import FIRST_PAGE, Page
from kernel.text import is_storable

MOST_WORDS = 100  # characters


class CandidateFilter(NamedTuple):
    """The filters of the search: below the organisation `under`, of this tier, with `q` in the name, code or
    village. An empty text matches any."""

    under: str = ""
    tier: str = ""
    q: str = ""


class Candidate(NamedTuple):
    """A project that could take part and does not yet do so; `target_minor` in fen."""

    id: int
    code: str
    name: str
    tier: str
    place: str
    target_minor: int


_MATCHING = """
     FROM project p JOIN organisation o ON o.code = p.organisation_code
     LEFT JOIN organisation c ON c.code = p.county_code
    WHERE p.status = ANY(:statuses)
      AND NOT EXISTS (SELECT FROM campaign_entry e WHERE e.campaign_id = :campaign AND e.project_id = p.id)
      AND (CAST(:branch AS text) IS NULL OR p.lineage @> ARRAY[CAST(:branch AS text)])
      AND (:under = '' OR p.lineage @> ARRAY[CAST(:under AS text)])
      AND (:tier = '' OR p.tier = :tier)
      AND (:q = '' OR position(lower(:q) in lower(p.name || ' ' || p.code || ' ' || o.name)) > 0)"""


def candidates(
    tx: Tx, campaign_id: int, wanted: CandidateFilter, branch: str | None = None, page: Page = FIRST_PAGE
) -> tuple[list[Candidate], int]:
    """Return one page of a campaign's candidates in a branch (None: anywhere), and how many there are."""
    values = _bound(campaign_id, wanted, branch)
    rows = tx.rows(
        f"""SELECT p.id, p.code, p.name, p.tier, concat_ws(' ', c.name, nullif(o.name, c.name)), p.target_minor
            {_MATCHING} ORDER BY p.lineage, p.id LIMIT :size OFFSET :skip""",
        **values,
        size=page.size,
        skip=page.offset,
    )
    return [Candidate(*row) for row in rows], int(tx.scalar(f"SELECT count(*) {_MATCHING}", **values))


def candidate_ids(tx: Tx, campaign_id: int, wanted: CandidateFilter, branch: str | None = None) -> list[int]:
    """Return the ids of all of a campaign's candidates in a branch (None: anywhere)."""
    rows = tx.rows(f"SELECT p.id {_MATCHING} ORDER BY p.id", **_bound(campaign_id, wanted, branch))
    return [row.id for row in rows]


def _bound(campaign_id: int, wanted: CandidateFilter, branch: str | None) -> dict[str, Any]:
    texts = {name: text[:MOST_WORDS] if is_storable(text) else "" for name, text in wanted._asdict().items()}
    return {**texts, "branch": branch, "campaign": campaign_id, "statuses": list(ELIGIBLE)}
