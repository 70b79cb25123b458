"""Campaigns once they are made: entries, schedule, phases; and the locks that others take on an event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from campaigns.audit import record_audit
from campaigns.lifecycle.models import Campaign, CampaignEntry, CampaignHistory
from campaigns.lifecycle.phases import MOVES, Phase
from campaigns.lifecycle.windows import Windows
from campaigns.projects.projects import find as find_project
from kernel.clock import parse_time
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, NotFound
from matching.rules import Target

# The public plan (慈善法: 募捐方案) and what the domain adds; a campaign cannot open while one is missing.
PLAN_FIELDS = (
    "purpose",
    "area",
    "responsible",
    "address",
    "ways_to_give",
    "bank_account",
    "beneficiaries",
    "use_of_funds",
    "cost_minor",
    "surplus_rule",
    "certificate_no",
    "certificate_until",
    "filing_no",
    "filed_at",
    "platform_name",
    "platform_url",
)
WARN_FILED_DAYS = 10


def add_entry(tx: Tx, slug: str, project_id: int, actor: str) -> None:
    """Let a project take part; entering twice changes nothing.

    Raises Conflict `project_not_approved` or `campaign_phase` (nobody enters after the end).
    """
    campaign = lock_campaign(tx, slug)
    if campaign.phase not in (Phase.DRAFT, Phase.SCHEDULED, Phase.OPEN):
        raise Conflict("campaign_phase", phase=campaign.phase)
    project = find_project(tx, project_id)
    if project.status not in ("approved", "fundraising"):
        raise Conflict("project_not_approved")
    assert campaign.id is not None
    if tx.get(CampaignEntry, (campaign.id, project_id)) is None:
        tx.add(CampaignEntry(campaign_id=campaign.id, project_id=project_id, created_at=tx.now))
        campaign.matching_version += 1
        record_audit(tx, actor, "campaign.enter", f"campaign:{campaign.id}", project=project_id)


def schedule(tx: Tx, slug: str, actor: str) -> Campaign:
    """The plan is complete: the campaign will open by itself at `opens_at`, at once if that has passed.

    Raises Invalid `plan_incomplete` with the missing or expired fields, `campaign_over` when `ends_at` has
    passed, Conflict `campaign_phase`.
    """
    campaign = lock_campaign(tx, slug)
    missing = {name: "is missing" for name in PLAN_FIELDS if campaign.plan.get(name) in (None, "")}
    if expired := _expired(campaign):
        missing["certificate_until"] = expired
    if missing:
        raise Invalid("plan_incomplete", fields=missing)
    if campaign.ends_at <= tx.now:
        raise Invalid("campaign_over", fields={"ends_at": "has passed"})
    transition(tx, campaign, Phase.SCHEDULED, actor)
    if campaign.opens_at <= tx.now:
        transition(tx, campaign, Phase.OPEN, actor)
    return campaign


def _expired(campaign: Campaign) -> str | None:
    """The public-fundraising certificate must last to the end of the event (慈善法 on public fundraising)."""
    value = campaign.plan.get("certificate_until")
    if not value:
        return None
    try:
        until = parse_time(str(value))
    except ValueError:
        return "is not a date"
    return "expires before the campaign ends" if until.date() < campaign.ends_at.date() else None


def warnings(campaign: Campaign) -> list[str]:
    """Codes of what a manager should know but may go on with."""
    try:
        filed = parse_time(str(campaign.plan.get("filed_at")))
    except ValueError:
        return []
    return ["filed_late"] if (campaign.opens_at - filed).days < WARN_FILED_DAYS else []


def cancel(tx: Tx, slug: str, actor: str) -> Campaign:
    """Call the campaign off before its end. Raises Conflict `campaign_phase`."""
    campaign = lock_campaign(tx, slug)
    transition(tx, campaign, Phase.CANCELLED, actor)
    return campaign


def transition(tx: Tx, campaign: Campaign, to: Phase, actor: str) -> None:
    """The one setter of a campaign's phase; the row is locked. Raises Conflict `campaign_phase`."""
    if to not in MOVES[Phase(campaign.phase)]:
        raise Conflict(
            "campaign_phase",
            phase=campaign.phase,
            wanted=str(to),
        )
    assert campaign.id is not None
    tx.add(CampaignHistory(campaign_id=campaign.id, from_phase=campaign.phase, to_phase=to, at=tx.now, actor=actor))
    campaign.phase = to
    campaign.phase_since = tx.now
    tx.add(campaign)
    record_audit(tx, actor, f"campaign.{to}", f"campaign:{campaign.id}")


def find_campaign(tx: Tx, slug: str) -> Campaign:
    """One campaign by its address. Raises NotFound `campaign_unknown`."""
    campaign_id = tx.scalar("SELECT id FROM campaign WHERE slug = :slug", slug=slug)
    campaign = tx.get(Campaign, campaign_id) if campaign_id else None
    if campaign is None:
        raise NotFound("campaign_unknown")
    return campaign


def lock_campaign(tx: Tx, slug: str) -> Campaign:
    """The campaign, locked exclusively: nobody gives or settles meanwhile."""
    campaign = tx.get(Campaign, find_campaign(tx, slug).id, lock=True)
    assert campaign is not None
    return campaign


def lock_campaign_by_id(tx: Tx, campaign_id: int) -> Campaign:
    """The same by id. Raises NotFound `campaign_unknown`."""
    campaign = tx.get(Campaign, campaign_id, lock=True)
    if campaign is None:
        raise NotFound("campaign_unknown")
    return campaign


def bump_matching_version(tx: Tx, campaign: Campaign) -> None:
    """Pots, rules or entries change: what others remember of them is void. The row is locked."""
    campaign.matching_version += 1
    tx.add(campaign)


@dataclass(frozen=True, slots=True)
class SharedCampaign:
    """A campaign as giving and settling see it, locked shared: its phase cannot change meanwhile."""

    id: int
    slug: str
    name: str
    phase: str
    currency: str
    opens_at: datetime
    ends_at: datetime
    finishing_s: int
    matching_version: int
    windows: Windows

    def pays_in_time(self, paid_at: datetime) -> bool:
        """May a payment of this time ask for match beyond what was held for it? Eligibility goes by the provider's
        time; those who were paying at the end may finish."""
        return self.opens_at <= paid_at < self.ends_at + timedelta(seconds=self.finishing_s)


def lock_shared(tx: Tx, *, slugs: Sequence[str] = (), ids: Sequence[int] = ()) -> list[SharedCampaign]:
    """Lock campaigns shared, in id order."""
    rows = tx.rows(
        """SELECT id, slug, name, phase, currency, opens_at, ends_at, finishing_s, matching_version, windows
             FROM campaign WHERE slug = ANY(:slugs) OR id = ANY(:ids) ORDER BY id FOR SHARE""",
        slugs=list(slugs),
        ids=list(ids),
    )
    return [SharedCampaign(*row[:9], windows=Windows.parse(row.windows)) for row in rows]


class Entry(NamedTuple):
    """A project that raises money in a campaign: its name, and what matching must know of it."""

    project_name: str
    target: Target


def entries(tx: Tx, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Entry]:
    """Those of these (campaign, project) pairs that are entries of projects that may raise money now."""
    rows = tx.rows(
        """SELECT e.campaign_id, e.project_id, p.name, p.level, p.tier, p.lineage, p.county_code, p.rating
             FROM unnest(CAST(:campaigns AS bigint[]), CAST(:projects AS bigint[])) AS u(campaign_id, project_id)
             JOIN campaign_entry e USING (campaign_id, project_id)
             JOIN project p ON p.id = e.project_id AND p.status IN ('approved', 'fundraising')""",
        campaigns=[pair[0] for pair in pairs],
        projects=[pair[1] for pair in pairs],
    )
    return {
        (row[0], row[1]): Entry(row[2], Target(row[1], row[3], row[4], tuple(row[5]), row[6], row[7]))
        for row in rows
    }
