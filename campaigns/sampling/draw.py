"""Draw the records of a campaign that an auditor checks, by a rule that anyone can repeat.

The rule: of each kind (donations known as paid before the public notice; remittances that the bank paid) take those
with the smallest SHA-256 of `SEED:ID`, as lower-case hex, as many as the sample says. SEED is the hash of the
public notice, a colon and the auditor's word; ID is the donation's UUID, or the number of the remittance.

Neither side can choose the records: the host froze the notice before the auditor named a word, and the auditor
cannot choose the hash. Admins may draw as auditors do, because they could create an auditor's account anyway, and a
draw names its author. The auditor could still try many words offline. Therefore every draw is stored and published
with its seed, and a word that nobody chose (such as the numbers of a lottery on a day named in advance) rules that
out as well.
"""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, String, cast
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import col, func, literal, select

from campaigns.audit import record_audit
from campaigns.closing.publication.notice_models import PublicNotice
from campaigns.closing.publication.notices import latest
from campaigns.donations.models import Donation, DonationHistory
from campaigns.donations.states import Status
from campaigns.lifecycle.campaign import lock_campaign
from campaigns.payouts.models import PayoutPlan, Remittance, RemittanceState
from campaigns.sampling.models import AuditSample, SampleItem
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, fault
from kernel.text import text_fault

MOST_WORD = 100  # characters
MOST_DRAWN = 200  # of each kind; our default, because an auditor checks each record manually
DRAWN = "sample.draw"


class NewSample(NamedTuple):
    """The auditor's word, and how many records of each kind to draw."""

    word: str
    donations: int
    payouts: int


class Population(NamedTuple):
    """The records that a sample is drawn from, and those that a seed draws."""

    of_donations: int
    of_payouts: int
    list_hash: str
    donations: list[Any]
    payouts: list[Any]


def draw_sample(tx: Tx, slug: str, new: NewSample, actor: str) -> AuditSample:
    """Draw a sample of a campaign whose result is published.

    Raises NotFound `campaign_unknown`, Invalid `sample_invalid`, Conflict `sample_early` before the notice, and
    `sample_drawn` when this word was already used with the same notice.
    """
    _require_valid(new)
    campaign = lock_campaign(tx, slug)
    assert campaign.id is not None
    notice = latest(tx, campaign.id)
    if notice is None:
        raise Conflict("sample_early")
    before = tx.all(select(AuditSample).where(AuditSample.campaign_id == campaign.id))
    seed = f"{notice.notice_hash}:{new.word}"
    if seed in {sample.seed for sample in before}:
        raise Conflict("sample_drawn")
    drawn = draw(tx, notice, seed, new)
    sample = tx.add(
        AuditSample(
            campaign_id=campaign.id,
            number=len(before) + 1,
            notice_id=notice.id or 0,
            seed=seed,
            of_donations=drawn.of_donations,
            of_payouts=drawn.of_payouts,
            list_hash=drawn.list_hash,
            actor=actor,
            drawn_at=tx.now,
            **new._asdict(),
        )
    )
    records = [{"donation_id": key} for key in drawn.donations] + [{"remittance_id": key} for key in drawn.payouts]
    items = (SampleItem(sample_id=sample.id or 0, place=place, **record) for place, record in enumerate(records, 1))
    tx.add_all(items)
    detail = {"number": sample.number, "donations": new.donations, "payouts": new.payouts}
    record_audit(tx, actor, DRAWN, f"campaign:{campaign.id}", **detail)
    return sample


def repeat(tx: Tx, sample: AuditSample) -> Population:
    """Draw a sample again from the current records, without storing it. There may be more payouts than at the
    draw."""
    notice = tx.get(PublicNotice, sample.notice_id)
    assert notice is not None
    return draw(tx, notice, sample.seed, NewSample(sample.word, sample.donations, sample.payouts))


def draw(tx: Tx, notice: PublicNotice, seed: str, new: NewSample) -> Population:
    """Return what a seed draws now from the records of a notice's campaign."""
    # The time at which we learned of the payment decides, so that a late message cannot change what was drawn.
    known = select(DonationHistory.donation_id).where(
        DonationHistory.to_status == Status.PAID, col(DonationHistory.at) <= notice.published_at
    )
    paid = (
        (col(Donation.campaign_id) == notice.campaign_id)
        & col(Donation.paid_at).is_not(None)
        & col(Donation.id).in_(known)
    )
    lines = func.string_agg(cast(Donation.id, String), aggregate_order_by(literal("\n"), col(Donation.id)))
    hashed = func.encode(_sha256(func.coalesce(lines, "")), "hex")
    ((of_donations, list_hash),) = tx.all(select(func.count(), hashed).select_from(Donation).where(paid))
    plans = select(PayoutPlan.id).where(PayoutPlan.campaign_id == notice.campaign_id)
    sent = col(Remittance.plan_id).in_(plans) & col(Remittance.state).in_(
        [RemittanceState.PAID.value, RemittanceState.RETURNED.value]
    )
    of_payouts = tx.first(select(func.count()).select_from(Remittance).where(sent)) or 0
    donations = tx.all(
        select(Donation.id).where(paid).order_by(rank(literal(seed), Donation.id)).limit(new.donations)
    )
    payouts = tx.all(
        select(Remittance.id).where(sent).order_by(rank(literal(seed), Remittance.id)).limit(new.payouts)
    )
    return Population(of_donations, of_payouts, list_hash, donations, payouts)


def rank(seed: Any, key: Any) -> ColumnElement[bytes]:
    """Return the SQL of the SHA-256 by which records are drawn."""
    return _sha256(seed + ":" + cast(key, String))


def _sha256(text: Any) -> ColumnElement[bytes]:
    hashed: ColumnElement[bytes] = func.sha256(func.convert_to(text, "UTF8"))
    return hashed


def _require_valid(new: NewSample) -> None:
    faults = {}
    if refused := text_fault(new.word, MOST_WORD):
        faults["word"] = refused
    for name, least in (("donations", 1), ("payouts", 0)):
        if not least <= getattr(new, name) <= MOST_DRAWN:
            faults[name] = fault("out_of_range", least=least, most=MOST_DRAWN)
    if faults:
        raise Invalid("sample_invalid", fields=faults)
