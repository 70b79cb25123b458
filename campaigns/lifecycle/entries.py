"""Letting many projects into a campaign at once: those that a manager chose, or all of a branch or tier."""

from collections.abc import Collection
from typing import Any, NamedTuple

from campaigns.audit import record_audit
from campaigns.lifecycle.campaign import lock_campaign
from campaigns.lifecycle.phases import Phase
from kernel.db import Tx
from kernel.errors import Conflict
from kernel.text import is_storable

TAKES_PART = ("approved", "fundraising")  # states of projects that may
MOST_WORDS = 100  # characters


class Wanted(NamedTuple):
    """Which projects: below this organisation, of this tier, with these words in name, code or village. Empty
    text means any."""

    under: str = ""
    tier: str = ""
    q: str = ""


class Candidate(NamedTuple):
    """A project that could take part and does not yet; `target_minor` in fen."""

    id: int
    code: str
    name: str
    tier: str
    place: str
    target_minor: int


_CHOSEN = """
     FROM project p JOIN organisation o ON o.code = p.organisation_code
     LEFT JOIN organisation c ON c.code = p.county_code
    WHERE p.status = ANY(:states)
      AND NOT EXISTS (SELECT FROM campaign_entry e WHERE e.campaign_id = :campaign AND e.project_id = p.id)
      AND (:under = '' OR p.lineage @> ARRAY[CAST(:under AS text)])
      AND (:tier = '' OR p.tier = :tier)
      AND (:q = '' OR position(lower(:q) in lower(p.name || ' ' || p.code || ' ' || o.name)) > 0)"""


def candidates(
    tx: Tx, campaign_id: int, wanted: Wanted, page: int = 1, page_size: int = 50
) -> tuple[list[Candidate], int]:
    """One page of the approved projects that are not in the campaign yet, and how many there are."""
    asked = _asked(campaign_id, wanted)
    rows = tx.rows(
        f"""SELECT p.id, p.code, p.name, p.tier, concat_ws(' ', c.name, nullif(o.name, c.name)), p.target_minor
            {_CHOSEN} ORDER BY p.lineage, p.id LIMIT :size OFFSET :skip""",
        **asked,
        size=page_size,
        skip=(page - 1) * page_size,
    )
    return [Candidate(*row) for row in rows], int(tx.scalar(f"SELECT count(*) {_CHOSEN}", **asked))


def candidate_ids(tx: Tx, campaign_id: int, wanted: Wanted) -> list[int]:
    """The ids of all of them."""
    rows = tx.rows(f"SELECT p.id {_CHOSEN} ORDER BY p.id", **_asked(campaign_id, wanted))
    return [row[0] for row in rows]


def _asked(campaign_id: int, wanted: Wanted) -> dict[str, Any]:
    texts = {name: text[:MOST_WORDS] if is_storable(text) else "" for name, text in wanted._asdict().items()}
    return {**texts, "campaign": campaign_id, "states": list(TAKES_PART)}


def add_entries(tx: Tx, slug: str, project_ids: Collection[int], actor: str) -> int:
    """Let projects take part, all or none; answers how many did not before.

    Raises Conflict `project_not_approved` or `campaign_phase` (nobody enters after the end).
    """
    campaign = lock_campaign(tx, slug)
    if campaign.phase not in (Phase.DRAFT, Phase.SCHEDULED, Phase.OPEN):
        raise Conflict("campaign_phase", phase=campaign.phase)
    ids = sorted(set(project_ids))
    fit = tx.scalar(
        "SELECT count(*) FROM project WHERE id = ANY(:ids) AND status = ANY(:states)",
        ids=ids,
        states=list(TAKES_PART),
    )
    if fit != len(ids):
        raise Conflict("project_not_approved")
    fresh = tx.rows(
        """INSERT INTO campaign_entry (campaign_id, project_id, created_at)
           SELECT :campaign, u.id, :now FROM unnest(CAST(:ids AS bigint[])) AS u(id)
           ON CONFLICT DO NOTHING RETURNING project_id""",
        campaign=campaign.id,
        ids=ids,
        now=tx.now,
    )
    if fresh:
        campaign.matching_version += 1
        tx.add(campaign)
        entered = sorted(row[0] for row in fresh)
        record_audit(tx, actor, "campaign.enter", f"campaign:{campaign.id}", projects=entered)
    return len(fresh)
