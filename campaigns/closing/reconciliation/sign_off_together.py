"""Sign off all open differences of one provider, cause and day together, after showing their number and sum."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, Self

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.closing.models import Discrepancy, is_of_bills
from campaigns.closing.reconciliation.bookings import SIGNED_OFF, booking_transfers
from campaigns.closing.reconciliation.discrepancies import account_of
from campaigns.lifecycle.campaign import find_campaign
from campaigns.reasons import require_reason
from kernel.clock import SHANGHAI
from kernel.db import Tx
from kernel.errors import Conflict, NotFound
from ledger.chart import AccountKind
from ledger.post import post

NO_CAMPAIGN = "-"  # stands for differences that belong to no campaign
MOST = 5_000  # differences at once


class ShownGroup(NamedTuple):
    """A group of open differences as an operator has seen it: their number and stake (fen)."""

    provider: str
    cause: str
    day: date
    differences: int
    stake_minor: int

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Self:
        """Parse the arguments of a request, whose day is text."""
        return cls(
            arguments["provider"],
            arguments["cause"],
            date.fromisoformat(arguments["day"]),
            arguments["differences"],
            arguments["stake_minor"],
        )


class Group(NamedTuple):
    """Open differences of one provider and cause that were listed on one day: how many, and their sums in fen (what
    the other side has beyond our books). `sum_minor` keeps the signs. `stake_minor` adds absolute values; of two
    bills, for which nothing is booked, it counts the larger of both amounts."""

    provider: str
    cause: str
    currency: str
    day: date
    differences: int
    sum_minor: int
    stake_minor: int

    @property
    def is_of_bills(self) -> bool:
        """Return whether they are between two bills of a partner."""
        return is_of_bills(self.provider, self.cause)

    @property
    def shown(self) -> ShownGroup:
        return ShownGroup(self.provider, self.cause, self.day, self.differences, self.stake_minor)


def groups(tx: Tx, campaign_id: int | None) -> list[Group]:
    """Return the open differences of a campaign (None: of no campaign) in groups, the largest stake first."""
    return tx.rows_as(
        Group,
        f"""SELECT provider, cause, currency, CAST(found_at AT TIME ZONE '{SHANGHAI}' AS date) AS day,
                   count(*) AS differences, CAST(sum(sum_minor) AS bigint) AS sum_minor,
                   CAST(sum(CASE WHEN cause = 'contradiction' AND provider LIKE 'partner:%'
                                 THEN greatest(abs(ours_minor), abs(theirs_minor))
                                 ELSE abs(sum_minor) END) AS bigint) AS stake_minor
              FROM discrepancy
             WHERE state = 'open' AND campaign_id IS NOT DISTINCT FROM CAST(:campaign AS bigint)
             GROUP BY 1, 2, 3, 4 ORDER BY stake_minor DESC, provider, cause, day""",
        campaign=campaign_id,
    )


def group_of(tx: Tx, slug: str, provider: str, cause: str, day: date) -> Group:
    """Return one group. Raises NotFound `campaign_unknown`, `discrepancy_unknown` when it has no open
    difference."""
    for group in groups(tx, _campaign_id(tx, slug)):
        if (group.provider, group.cause, group.day) == (provider, cause, day):
            return group
    raise NotFound("discrepancy_unknown")


def sign_off_together(
    tx: Tx,
    slug: str,
    shown: ShownGroup,
    reason: str,
    actor: str,
    account: str = AccountKind.SUSPENSE,
) -> Sequence[Discrepancy]:
    """Sign off a group for one reason, and book the sums on the account of their cause.

    Raises Invalid `reason_missing` and `booking_account_invalid`, NotFound `campaign_unknown`, Conflict
    `differences_changed` when the group is no longer what was shown.
    """
    require_reason(reason)
    kind = account_of(account)
    rows = open_group(tx, slug, shown)
    for row in rows:
        row.state, row.reason, row.actor, row.ended_at = SIGNED_OFF, reason, actor, tx.now
        tx.session.add(row)
    detail = {**shown._asdict(), "day": str(shown.day), "account": str(kind)}
    record_audit(tx, actor, "discrepancies.sign_off", subject_of(tx, slug, shown.provider), reason=reason, **detail)
    post(tx, booking_transfers(tx, rows, kind))
    return rows


def open_group(tx: Tx, slug: str, shown: ShownGroup) -> list[Discrepancy]:
    """Lock and return the open differences of a group. Raises NotFound `campaign_unknown`, Conflict
    `differences_changed` when their number or stake is not what was shown."""
    campaign_id = _campaign_id(tx, slug)
    tx.run("LOCK TABLE discrepancy IN SHARE ROW EXCLUSIVE MODE")
    rows = _open_of(tx, campaign_id, shown, lock=True)
    if not _are_as_shown(rows, shown):
        raise Conflict("differences_changed")
    return rows


def is_as_shown(tx: Tx, slug: str, shown: ShownGroup) -> bool:
    """Return whether a group still has the number of differences and the stake that were shown. Locks nothing.
    Raises NotFound `campaign_unknown`."""
    return _are_as_shown(_open_of(tx, _campaign_id(tx, slug), shown, lock=False), shown)


def _are_as_shown(rows: Sequence[Discrepancy], shown: ShownGroup) -> bool:
    return (len(rows), sum(row.stake_minor for row in rows)) == (shown.differences, shown.stake_minor)


def subject_of(tx: Tx, slug: str, provider: str) -> str:
    """Return the audit trail's subject for a group of differences: its campaign, or else its provider."""
    campaign_id = _campaign_id(tx, slug)
    return f"campaign:{campaign_id}" if campaign_id else f"provider:{provider}"


def _campaign_id(tx: Tx, slug: str) -> int | None:
    return None if slug == NO_CAMPAIGN else find_campaign(tx, slug).id


def _open_of(tx: Tx, campaign_id: int | None, shown: ShownGroup, *, lock: bool) -> list[Discrepancy]:
    """Return the open differences of a group, in id order."""
    of_campaign = col(Discrepancy.campaign_id)
    query = select(Discrepancy).where(
        of_campaign.is_(None) if campaign_id is None else of_campaign == campaign_id,
        Discrepancy.provider == shown.provider,
        Discrepancy.cause == shown.cause,
        Discrepancy.state == "open",
    )
    if lock:
        query = query.with_for_update(key_share=True)
    rows = tx.all(query.order_by(col(Discrepancy.id)).execution_options(populate_existing=True))
    return [row for row in rows if _day(row) == shown.day][:MOST]


def _day(row: Discrepancy) -> date:
    return row.found_at.astimezone(SHANGHAI).date()
