"""Plan how the managers' list of donations is read: which filters exist, and which index serves them.

The most selective condition keeps its index. The others are written so that no index fits them, so the plan is the
same even before the tables were first analysed. If no condition is selective, the list is read along the index that
has its order until a page is full.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlmodel import col, select

from campaigns.donations.donation_number import id_range
from campaigns.donations.models import RARE_CHANNELS, RARE_STATUSES
from campaigns.donations.states import WAITING
from campaigns.lifecycle.models import Campaign
from campaigns.projects.models import Project
from kernel.db import Tx

FEW = 2_000  # up to this many donations are read and sorted instead of being found along an index
# How long before its payment a donation may have been pledged, when a time is searched for.
_PLEDGED_BEFORE = timedelta(hours=1)


class Order(StrEnum):
    """How a list is sorted; ties are ordered by time, then id."""

    NEWEST = "newest"
    OLDEST = "oldest"
    LARGEST = "largest"
    SMALLEST = "smallest"


@dataclass(frozen=True, slots=True)
class DonationQuery:
    """The filters of a search; "", () and None match any donation. Amounts in fen.

    The time is that of the payment, or of the pledge for an unpaid donation, from `since` on and before `until`.
    `name_key` is the key of a donor's full name, `id` the beginning of the donation's id, `reference` an order
    number of the provider or platform, `campaign` a slug, `node` the code of an organisation above the project.
    `branch` limits the search to what the caller may see.
    """

    id: str = ""
    reference: str = ""
    donor_key: str = ""
    name_key: str = ""
    amount_minor: int | None = None
    least_minor: int | None = None
    most_minor: int | None = None
    project: int | None = None
    campaign: str = ""
    node: str = ""
    statuses: Sequence[str] = ()
    channel: str = ""
    pot: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    branch: str | None = None
    order: Order = Order.NEWEST


ORDERS = {
    Order.NEWEST: ("d.pledged_at DESC, d.id DESC", "(d.pledged_at, d.id) < (:after_at, :after)"),
    Order.OLDEST: ("d.pledged_at, d.id", "(d.pledged_at, d.id) > (:after_at, :after)"),
    Order.LARGEST: (
        "d.amount_minor DESC, d.pledged_at DESC, d.id DESC",
        "(d.amount_minor, d.pledged_at, d.id) < (:after_amount, :after_at, :after)",
    ),
    Order.SMALLEST: (
        "d.amount_minor, d.pledged_at, d.id",
        "(d.amount_minor, d.pledged_at, d.id) > (:after_amount, :after_at, :after)",
    ),
}
# An order number may belong to the payment, its checkout, its charge on a statement, or the platform.
_BY_REFERENCE = """d.id IN (SELECT id FROM donation WHERE payment_reference = :reference
                     UNION SELECT id FROM donation WHERE payment_intent = :reference
                     UNION SELECT donation_id FROM provider_line WHERE source_id = :reference)"""
_BY_PROJECTS = """d.project_id = ANY(:projects) AND d.campaign_id IN
                  (SELECT campaign_id FROM campaign_entry WHERE project_id = ANY(:projects))"""
_BY_NAME = "d.id IN (SELECT donation_id FROM person_key WHERE name_key = :name AND name_key <> '')"
_NAMED = "EXISTS (SELECT FROM person_key k WHERE k.donation_id = d.id AND k.name_key = :name)"
_BY_POT = "EXISTS (SELECT FROM reservation r WHERE r.donation_id = d.id AND r.pot_id = :pot)"


@dataclass(frozen=True, slots=True)
class Plan:
    """How the rows of a query are read: its condition as SQL, and the values of its parameters."""

    where: str
    values: dict[str, Any]

    @classmethod
    def of(cls, tx: Tx, query: DonationQuery) -> "Plan":
        """Plan a query and configure the database's planner for this transaction. The plan is made for the current
        size of the tables and scans no whole table. If an index has the order of the list, no step may read all
        matching rows before the first is shown. Raises Invalid `search_invalid`."""
        values = _values(tx, query)
        tx.scalar("SELECT set_config('plan_cache_mode', 'force_custom_plan', true)")
        _switch_off(tx, "seqscan")
        driver = _keyed(query) or _few(tx, query, values)
        if driver is None:
            _switch_off(tx, "bitmapscan", "sort")
            between = _pledged_between(query, "d.pledged_at")
            exact = ["d.amount_minor = :amount"] if query.amount_minor is not None else []
            driver = " AND ".join([*exact, *between])
        return cls(" AND ".join(condition for condition in (driver, *_filters(query), "true") if condition), values)


def _switch_off(tx: Tx, *methods: str) -> None:
    for method in methods:
        tx.scalar("SELECT set_config(:how, 'off', true)", how=f"enable_{method}")


def _values(tx: Tx, query: DonationQuery) -> dict[str, Any]:
    low, high = id_range(query.id) if query.id else (None, None)
    return {
        "low": low,
        "high": high,
        "reference": query.reference,
        "donor": query.donor_key,
        "name": query.name_key,
        "amount": query.amount_minor,
        "least": query.least_minor,
        "largest": query.most_minor,
        "campaign": _campaign_id(tx, query.campaign) if query.campaign else None,
        "projects": _projects(tx, query),
        "statuses": list(query.statuses),
        "channel": query.channel,
        "pot": query.pot,
        "since": query.since,
        "until": query.until,
        "pledged_since": query.since and query.since - _PLEDGED_BEFORE,
    }


def _campaign_id(tx: Tx, slug: str) -> int:
    """Return the id of a campaign, or 0, which no campaign has, for an unknown slug."""
    return tx.first(select(col(Campaign.id)).where(Campaign.slug == slug)) or 0


def _projects(tx: Tx, query: DonationQuery) -> list[int]:
    """Return the projects that the query and the caller's branch limit the list to."""
    if not _limits_projects(query):
        return []
    above = [code for code in (query.node, query.branch) if code]
    chosen = [col(Project.lineage).contains([code]) for code in above]
    if query.project is not None:
        chosen.append(col(Project.id) == query.project)
    return [project.id for project in tx.all(select(Project).where(*chosen)) if project.id is not None]


def _limits_projects(query: DonationQuery) -> bool:
    return query.project is not None or bool(query.node) or query.branch is not None


def _keyed(query: DonationQuery) -> str | None:
    """Return the condition that always matches few rows, if the query has one."""
    if query.id:
        return "d.id BETWEEN CAST(:low AS uuid) AND CAST(:high AS uuid)"
    if query.reference:
        return _BY_REFERENCE
    if query.donor_key:
        return " AND ".join(["d.donor_key = :donor", *_pledged_between(query, "d.pledged_at")])
    return None


def _few(tx: Tx, query: DonationQuery, values: dict[str, Any]) -> str | None:
    """Return the first indexed condition that few donations match; None if all match many."""
    for condition in _indexed(query):
        probe = f"SELECT count(*) FROM (SELECT FROM donation d WHERE {condition} LIMIT {FEW + 1}) AS met"
        used = {name: value for name, value in values.items() if f":{name}" in probe}
        if tx.scalar(probe, **used) <= FEW:
            return condition
    return None


def _indexed(query: DonationQuery) -> list[str]:
    conditions = [_BY_NAME] if query.name_key else []
    if query.statuses and RARE_STATUSES.issuperset(query.statuses):
        conditions.append(
            "d.status = ANY(:statuses) AND d.status IN ('cancelled', 'expired', 'failed', 'refunded', 'disputed')"
        )
    if query.statuses and WAITING.issuperset(query.statuses):
        conditions.append("d.status IN ('pending', 'paying')")
    if query.channel in RARE_CHANNELS:
        conditions.append("d.channel = :channel AND d.channel NOT IN ('web', 'api', 'partner')")
    if _limits_projects(query):
        conditions.append(_BY_PROJECTS)
    if query.least_minor is not None:
        most = " AND d.amount_minor <= :largest" if query.most_minor is not None else ""
        conditions.append(f"d.amount_minor >= :least{most}")
    elif query.most_minor is not None:
        conditions.append("d.amount_minor <= :largest")
    return conditions


def _pledged_between(query: DonationQuery, column: str) -> list[str]:
    since = [f"{column} >= :pledged_since"] if query.since else []
    return since + ([f"{column} < :until"] if query.until else [])


def _filters(query: DonationQuery) -> Sequence[str]:
    """Return every condition again, as an expression that no index fits."""
    known: list[tuple[Any, str]] = [
        (query.donor_key, "d.donor_key || '' = :donor"),
        (query.name_key, _NAMED),
        (query.reference, _BY_REFERENCE),
        (query.amount_minor, "d.amount_minor + 0 = :amount"),
        (query.least_minor, "d.amount_minor + 0 >= :least"),
        (query.most_minor, "d.amount_minor + 0 <= :largest"),
        (_limits_projects(query) or None, "d.project_id + 0 = ANY(:projects)"),
        (query.campaign, "d.campaign_id + 0 = :campaign"),
        (list(query.statuses) or None, "d.status || '' = ANY(:statuses)"),
        (query.channel, "d.channel || '' = :channel"),
        (query.pot, _BY_POT),
        (query.since, "coalesce(d.paid_at, d.pledged_at) >= :since"),
        (query.until, "coalesce(d.paid_at, d.pledged_at) < :until"),
    ]
    return [condition for value, condition in known if value not in (None, "")]
