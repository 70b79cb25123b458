"""List gifts of a cancelled campaign that we cannot refund ourselves, and mark them as given back, one by one or
all of one provider."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from campaigns.audit import record_audit
from campaigns.closing.cancel import FAILED_REFUND, GivingBack
from campaigns.dependencies import Dependencies
from campaigns.donations.facts.aggregate import DonationAggregate
from campaigns.donations.facts.apply import BatchEffects
from campaigns.donations.facts.load import load_aggregates, refs_of
from campaigns.donations.models import Donation
from campaigns.donations.states import Status
from campaigns.donations.whole_campaign import counting_donations
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.phases import Phase
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Conflict, NotFound
from kernel.paging import FIRST_PAGE, Page
from ledger.post import post
from payments.reversals import ReversalFact, ReversalKind, ReversalState

MOST = 2_000  # gifts of a provider at once
_GIVEN_BACK = "given_back"  # the reference of the refund's fact


class ToGiveBack(NamedTuple):
    """A gift that its partner, the federation or an operator must give back. `reference` is the partner's own
    number; `why` is `outside` (we never had the payment) or `refund_failed`; `left_minor` is in fen."""

    donation_id: UUID
    provider: str
    reference: str | None
    left_minor: int
    why: str


class ProviderGifts(NamedTuple):
    """The gifts of a partner (`partner:NAME`), or those entered offline, that must be given back; in fen."""

    provider: str
    donations: int
    left_minor: int


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
    _give_back(donation, total_minor, tx)
    _store(tx, deps, [donation])
    record_audit(
        tx, actor, "donation.given_back", f"donation:{donation_id}", amount_minor=left_minor, reason=reason
    )
    return left_minor


def gifts_by_provider(tx: Tx, campaign_id: int) -> list[ProviderGifts]:
    """Sum up by provider the gifts of a campaign that we never had the payment of."""
    with counting_donations(tx, campaign_id):
        return tx.rows_as(
            ProviderGifts,
            f"""SELECT d.provider, count(*) AS donations,
                       CAST(sum(d.amount_minor - d.refunded_minor) AS bigint) AS left_minor
                  {_WITH_US} AND {_OUTSIDE} GROUP BY d.provider ORDER BY d.provider""",
            campaign=campaign_id,
        )


def next_of_provider(tx: Tx, slug: str, provider: str, most: int = MOST) -> ProviderGifts:
    """Return the count and sum of a provider's gifts that are marked next, at most `most` of them.

    Raises NotFound `campaign_unknown`, Conflict `nothing_to_give_back`.
    """
    ids = _ids_of_provider(tx, _cancelled(tx, slug), provider, most)
    left_minor = tx.scalar(
        "SELECT CAST(sum(amount_minor - refunded_minor) AS bigint) FROM donation WHERE id = ANY(:ids)", ids=ids
    )
    return ProviderGifts(provider, len(ids), left_minor)


def mark_provider_given_back(
    tx: Tx, deps: Dependencies, slug: str, shown: ProviderGifts, reason: str, actor: str
) -> int:
    """Record that the gifts of a provider, as `next_of_provider` has shown them, were returned outside the system;
    return how many of the provider are left. Gifts whose refund failed are not among them.

    Raises Invalid `reason_missing`, NotFound `campaign_unknown`, Conflict `nothing_to_give_back`, and
    `to_give_back_changed` when the gifts are no longer what was shown.
    """
    require_reason(reason)
    campaign_id = _cancelled(tx, slug)
    ids = _ids_of_provider(tx, campaign_id, shown.provider, shown.donations)
    loaded = load_aggregates(tx, refs_of(tx, ids)).values()
    gifts = [donation for donation in loaded if donation.status in (Status.PAID, Status.SETTLED)]
    if (len(gifts), sum(donation.kept_minor for donation in gifts)) != (shown.donations, shown.left_minor):
        raise Conflict("to_give_back_changed")
    for donation in gifts:
        _give_back(donation, donation.amount_minor, tx)
    _store(tx, deps, gifts)
    subject = f"campaign:{campaign_id}"
    detail = {"provider": shown.provider, "donations": shown.donations, "left_minor": shown.left_minor}
    record_audit(tx, actor, "donations.given_back", subject, **detail, reason=reason)
    left = {gifts.provider: gifts.donations for gifts in gifts_by_provider(tx, campaign_id)}
    return left.get(shown.provider, 0)


def _cancelled(tx: Tx, slug: str) -> int:
    campaign = find_campaign(tx, slug)
    if campaign.phase != Phase.CANCELLED:
        raise Conflict("nothing_to_give_back")
    assert campaign.id is not None
    return campaign.id


def _ids_of_provider(tx: Tx, campaign_id: int, provider: str, most: int) -> list[UUID]:
    sql = f"SELECT d.id {_WITH_US} AND {_OUTSIDE} AND d.provider = :provider ORDER BY d.id LIMIT :most"
    ids = [row.id for row in tx.rows(sql, campaign=campaign_id, provider=provider, most=most)]
    if not ids:
        raise Conflict("nothing_to_give_back")
    return ids


def _give_back(donation: DonationAggregate, total_minor: int, tx: Tx) -> None:
    fact = ReversalFact(ReversalKind.PARTNER_TOTAL, _GIVEN_BACK, ReversalState.TOLD, total_minor, tx.now)
    donation.apply_reversal(fact, 0)


def _store(tx: Tx, deps: Dependencies, gifts: Sequence[DonationAggregate]) -> None:
    effects = BatchEffects(tx, gifts, deps.limits.reservation_s)
    post(tx, effects.write())
    effects.count()
