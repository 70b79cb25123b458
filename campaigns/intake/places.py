"""Find the project that a partner's code means, and the campaign that was open when a payment was made."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from kernel.db import Tx
from payments.partners.partner_events import PartnerFact

PROJECT_UNKNOWN = "project_unknown"  # a reason for which a message waits


class Place(NamedTuple):
    """The project and campaign of a donation, None if not found.

    `allowed`: the partner may raise money for the project; `held`: the project was suspended or blacklisted before
    the payment.
    """

    project_id: int | None
    campaign_id: int | None
    allowed: bool
    held: bool

    @property
    def problem(self) -> str | None:
        """Why the donation cannot be taken in now, as a stable code; None if it can."""
        if self.project_id is None:
            return PROJECT_UNKNOWN
        if not self.allowed:
            return "project_not_allowed"
        if self.held:
            return "project_suspended"
        return "no_campaign_then" if self.campaign_id is None else None


class _Entry(NamedTuple):
    """A project in one of its campaigns, by the code that a partner uses.

    `last_at`: until when donors who were paying at the campaign's end may finish; `held_since`: when the project
    was suspended or blacklisted.
    """

    partner: str
    code: str
    project_id: int | None
    allowed: bool
    held_since: datetime | None
    campaign_id: int | None
    slug: str | None
    opens_at: datetime | None
    ends_at: datetime | None
    last_at: datetime | None


def places(tx: Tx, facts: Sequence[PartnerFact]) -> dict[UUID, Place]:
    """Find the campaign and project of each donation. A mapping of the partner's own code takes precedence.

    A donor who was paying when a campaign ended may finish, on a platform as on our pages: a payment within
    `finishing_s` of the end counts, unless another campaign was open then. If several campaigns match, the one that
    the platform names counts, otherwise the one that opened last.
    """
    entries = _entries(tx, sorted({(fact.partner, fact.project_code) for fact in facts}))
    return {fact.donation_id: _place(fact, entries[fact.partner, fact.project_code]) for fact in facts}


def _entries(tx: Tx, used: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], list[_Entry]]:
    """Return the projects that partners' codes mean, in all their campaigns. A batch has few of them."""
    rows = tx.rows_as(
        _Entry,
        """SELECT u.partner, u.code, p.id AS project_id,
                  coalesce(pa.projects IS NULL OR pa.projects @> to_jsonb(coalesce(p.code, u.code)), false)
                      AS allowed,
                  CASE WHEN p.status IN ('suspended', 'blacklisted')
                       THEN (SELECT max(h.at) FROM project_history h
                              WHERE h.project_id = p.id AND h.to_status = p.status) END AS held_since,
                  c.id AS campaign_id, c.slug, c.opens_at, c.ends_at,
                  c.ends_at + make_interval(secs => c.finishing_s) AS last_at
             FROM unnest(CAST(:partners AS text[]), CAST(:codes AS text[])) AS u(partner, code)
             LEFT JOIN partner_project_code m ON (m.partner, m.code) = (u.partner, u.code)
             LEFT JOIN project own ON own.code = u.code
             LEFT JOIN project p ON p.id = coalesce(m.project_id, own.id)
             LEFT JOIN partner pa ON pa.name = u.partner
             LEFT JOIN campaign_entry e ON e.project_id = p.id
             LEFT JOIN campaign c ON c.id = e.campaign_id AND c.phase NOT IN ('draft', 'cancelled')""",
        partners=[partner for partner, _ in used],
        codes=[code for _, code in used],
    )
    by_code: dict[tuple[str, str], list[_Entry]] = defaultdict(list)
    for row in rows:
        by_code[row.partner, row.code].append(row)
    return by_code


def _place(fact: PartnerFact, entries: Sequence[_Entry]) -> Place:
    project, at = entries[0], fact.occurred_at
    held = project.held_since is not None and at >= project.held_since
    return Place(project.project_id, _campaign(at, fact.details.campaign, entries), project.allowed, held)


def _campaign(at: datetime, slug: str, entries: Iterable[_Entry]) -> int | None:
    """Return the campaign that a payment at this time belongs to, or None if none was open."""
    latest: tuple[bool, datetime] | None = None
    campaign_id = None
    for entry in entries:
        if entry.opens_at is None or entry.ends_at is None or entry.last_at is None:
            continue
        if entry.opens_at <= at < entry.last_at and slug in ("", entry.slug):
            order = (at < entry.ends_at, entry.opens_at)
            if latest is None or order > latest:
                latest, campaign_id = order, entry.campaign_id
    return campaign_id
