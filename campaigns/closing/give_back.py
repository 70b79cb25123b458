"""List gifts of a cancelled campaign that we cannot refund ourselves, and mark them as given back."""

from typing import NamedTuple
from uuid import UUID

from campaigns.audit import record_audit
from campaigns.closing.cancel import FAILED_REFUND, GivingBack
from campaigns.dependencies import Dependencies
from campaigns.donations.facts.apply import BatchEffects
from campaigns.donations.facts.load import load_aggregates, refs_of
from campaigns.donations.models import Donation
from campaigns.donations.whole_campaign import counting_donations
from campaigns.lifecycle.phases import Phase
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Conflict, NotFound
from kernel.paging import FIRST_PAGE, Page
from ledger.post import post
from payments.reversals import ReversalFact, ReversalKind, ReversalState

_GIVEN_BACK = "given_back"  # the reference of the refund's fact


class ToGiveBack(NamedTuple):
    """A gift that its partner, the federation or an operator must give back. `reference` is the partner's own
    number; `why` is `outside` (we never had the payment) or `refund_failed`; `left_minor` is in fen."""

    donation_id: UUID
    provider: str
    reference: str | None
    left_minor: int
    why: str


# `+ 0` keeps the planner from the index on campaigns: these lists are ordered by id, or count the whole table.
_WITH_US = "FROM donation d WHERE d.campaign_id + 0 = :campaign AND d.status IN ('paid', 'settled')"
_OUTSIDE = "d.payment_intent IS NULL"
_FAILED = f"d.payment_intent IS NOT NULL AND {FAILED_REFUND}"
_LINE = """SELECT d.id AS donation_id, d.provider, d.payment_reference AS reference,
                  d.amount_minor - d.refunded_minor AS left_minor"""
_FAILED_LINES = f"""{_LINE}, 'refund_failed' AS why {_WITH_US} AND {_FAILED}
     AND d.id IN (SELECT donation_id FROM refund WHERE state IN ('failed', 'refused'))"""
_OUTSIDE_LINES = f"{_LINE}, 'outside' AS why {_WITH_US} AND {_OUTSIDE}"
_MANY = 100  # one in so many donations: then a walk by id soon finds a page of them


def to_give_back(
    tx: Tx, campaign_id: int, left: GivingBack, page: Page = FIRST_PAGE
) -> tuple[list[ToGiveBack], int]:
    """Return one page of these gifts, those with a failed refund first, and their total number. `left` is what must
    be given back (`giving_back`), which has counted them."""
    failed, outside = [], []
    if left.failed > page.offset:
        failed = _lines(tx, _FAILED_LINES, campaign_id, page.offset, page.size)
    offset, room = max(page.offset - left.failed, 0), page.size - len(failed)
    if room and left.outside > offset:
        many = left.outside * _MANY > left.paid + left.returned
        with tx.by_key() if many else counting_donations(tx, campaign_id):
            outside = _lines(tx, _OUTSIDE_LINES, campaign_id, offset, room)
    return failed + outside, left.failed + left.outside


def _lines(tx: Tx, sql: str, campaign_id: int, offset: int, size: int) -> list[ToGiveBack]:
    ordered = f"{sql} ORDER BY d.id LIMIT :size OFFSET :offset"
    return tx.rows_as(ToGiveBack, ordered, campaign=campaign_id, size=size, offset=offset)


def mark_given_back(tx: Tx, deps: Dependencies, donation_id: UUID, reason: str, actor: str) -> int:
    """Record that the rest of such a gift was returned to its donor outside the system; return the fen.

    The donation becomes refunded, in the books too. A refund that its partner reports later counts as the same one.

    Raises NotFound `donation_unknown`, Invalid `reason_missing`, Conflict `not_to_give_back`.
    """
    require_reason(reason)
    donation = load_aggregates(tx, refs_of(tx, [donation_id])).get(donation_id)
    stored = tx.get(Donation, donation_id)
    if donation is None or stored is None:
        raise NotFound("donation_unknown")
    waiting = tx.scalar(
        f"SELECT EXISTS (SELECT {_WITH_US} AND ({_OUTSIDE} OR ({_FAILED})) AND d.id = :id)",
        campaign=donation.campaign_id,
        id=donation_id,
    )
    if donation.campaign.phase != Phase.CANCELLED or not waiting:
        raise Conflict("not_to_give_back")
    left_minor = donation.kept_minor
    total_minor = donation.amount_minor if stored.payment_intent is None else left_minor
    fact = ReversalFact(ReversalKind.PARTNER_TOTAL, _GIVEN_BACK, ReversalState.TOLD, total_minor, tx.now)
    donation.apply_reversal(fact, 0)
    effects = BatchEffects(tx, [donation], deps.limits.reservation_s)
    post(tx, effects.write())
    effects.count()
    record_audit(
        tx, actor, "donation.given_back", f"donation:{donation_id}", amount_minor=left_minor, reason=reason
    )
    return left_minor
