"""Awards of a campaign: added and removed before its end, and published from the books after its notice."""

from typing import Any, NamedTuple

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.awards.figures import figures
from campaigns.awards.models import Award, AwardAmong, AwardCriterion, AwardPublication, AwardTie
from campaigns.awards.ranking import Figures, winners
from campaigns.lifecycle.campaign import lock_campaign
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import Phase
from campaigns.reasons import require_one_line_reason, require_storable_reason
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.ids import fingerprint
from kernel.money import amount_fault
from kernel.text import text_fault

MOST_NAME = 40  # characters
MOST_AWARDS, MOST_PLACES = 20, 50  # per campaign; per award (our defaults)
PUBLISHED = "award.publish"
_OPEN_FOR_AWARDS = (Phase.DRAFT, Phase.SCHEDULED, Phase.OPEN)
_AFTER_NOTICE = (Phase.NOTICE, Phase.RELEASED, Phase.ARCHIVED)


class NewAward(NamedTuple):
    """A new award. `mark_minor` (fen) is only for the criterion `fastest`."""

    name: str
    among: str
    criterion: str
    places: int = 1
    tie: str = AwardTie.EARLIER
    mark_minor: int | None = None


def add(tx: Tx, slug: str, new: NewAward, actor: str) -> Award:
    """Add an award before the campaign ends, while its winner cannot be known for certain.

    Raises NotFound `campaign_unknown`, Conflict `award_too_late`, `award_limit`, Invalid `award_invalid`.
    """
    campaign = _before_the_end(tx, slug)
    before = awards_of(tx, campaign.id or 0)
    if len(before) >= MOST_AWARDS:
        raise Conflict("award_limit", most=MOST_AWARDS)
    if faults := _faults(new, {award.name for award in before}):
        raise Invalid("award_invalid", fields=faults)
    award = tx.add(Award(campaign_id=campaign.id or 0, **new._asdict(), added_by=actor, added_at=tx.now))
    record_audit(tx, actor, "award.add", f"campaign:{campaign.id}", award=award.id, **_rule(award))
    return award


def remove(tx: Tx, slug: str, award_id: int, reason: str, actor: str) -> None:
    """Remove an award before the campaign ends. Raises as `add`, NotFound `award_unknown`, Invalid
    `reason_invalid`."""
    require_storable_reason(reason)
    campaign = _before_the_end(tx, slug)
    award = tx.get(Award, award_id)
    if award is None or award.campaign_id != campaign.id:
        raise NotFound("award_unknown")
    record_audit(
        tx, actor, "award.remove", f"campaign:{campaign.id}", award=award_id, **_rule(award), reason=reason
    )
    tx.session.delete(award)
    tx.flush()


def awards_of(tx: Tx, campaign_id: int) -> list[Award]:
    """Return the awards of a campaign in the order in which they were added."""
    return tx.all(select(Award).where(Award.campaign_id == campaign_id).order_by(col(Award.id)))


def computed(tx: Tx, campaign_id: int) -> list[dict[str, Any]]:
    """Return each award of a campaign with its winners by the current books, in the form in which it would be
    published."""
    of_ranks: dict[tuple[str, int | None], list[Figures]] = {}
    shown = []
    for award in awards_of(tx, campaign_id):
        ranks = award.among, award.mark_minor
        if ranks not in of_ranks:
            of_ranks[ranks] = figures(tx, campaign_id, *ranks)
        placed = winners(of_ranks[ranks], award.criterion, award.places, award.tie)
        rows = [{"place": winner.place, **_stated(winner.figures)} for winner in placed]
        shown.append({"award": award.id, **_rule(award), "winners": rows})
    return shown


def publish(tx: Tx, slug: str, reason: str, actor: str) -> AwardPublication:
    """Publish the awards of a campaign from the books, after its notice. Publishing again needs changed books and a
    reason.

    Raises NotFound `campaign_unknown`, Conflict `award_early`, `award_none`, `award_unchanged`, Invalid
    `reason_invalid`.
    """
    campaign = lock_campaign(tx, slug)
    assert campaign.id is not None
    if campaign.phase not in _AFTER_NOTICE:
        raise Conflict("award_early")
    awards = computed(tx, campaign.id)
    if not awards:
        raise Conflict("award_none")
    last = latest(tx, campaign.id)
    if last:
        require_one_line_reason(reason)
        if last.awards_hash == fingerprint(awards):
            raise Conflict("award_unchanged")
    row = AwardPublication(
        campaign_id=campaign.id,
        version=last.version + 1 if last else 1,
        awards=awards,
        awards_hash=fingerprint(awards),
        reason=reason.strip() if last else "",
        actor=actor,
        published_at=tx.now,
    )
    detail = {"version": row.version, "awards_hash": row.awards_hash, "reason": row.reason}
    record_audit(tx, actor, PUBLISHED, f"campaign:{campaign.id}", **detail)
    return tx.add(row)


def publications_of(tx: Tx, campaign_id: int) -> list[AwardPublication]:
    """Return the published versions of a campaign's awards, newest first."""
    own = select(AwardPublication).where(AwardPublication.campaign_id == campaign_id)
    return tx.all(own.order_by(col(AwardPublication.version).desc()))


def latest(tx: Tx, campaign_id: int) -> AwardPublication | None:
    """Return the current version; None before the first publication."""
    return next(iter(publications_of(tx, campaign_id)), None)


def copy_awards(tx: Tx, from_id: int, slug: str, actor: str) -> int:
    """Add the awards of another campaign to a draft, and return how many there were."""
    awards = awards_of(tx, from_id)
    for award in awards:
        add(tx, slug, NewAward(**{name: getattr(award, name) for name in NewAward._fields}), actor)
    return len(awards)


def waits_for_awards(campaign: Campaign) -> bool:
    """Return whether awards can be added and removed now."""
    return campaign.phase in _OPEN_FOR_AWARDS


def _before_the_end(tx: Tx, slug: str) -> Campaign:
    campaign = lock_campaign(tx, slug)
    if not waits_for_awards(campaign) or campaign.ends_at <= tx.now:
        raise Conflict("award_too_late")
    return campaign


def _rule(award: Award) -> dict[str, Any]:
    return {name: getattr(award, name) for name in NewAward._fields}


def _stated(row: Figures) -> dict[str, Any]:
    times = {
        "last_at": row.last_at.isoformat(),
        "reached_at": row.reached_at.isoformat() if row.reached_at else None,
    }
    return {**row._asdict(), **times, "total_minor": row.total_minor}


def _faults(new: NewAward, names: set[str]) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    if refused := text_fault(new.name, MOST_NAME):
        faults["name"] = refused
    elif new.name in names:
        faults["name"] = fault("taken")
    for name, options in (("among", AwardAmong), ("criterion", AwardCriterion), ("tie", AwardTie)):
        if getattr(new, name) not in tuple(options):
            faults[name] = fault("not_one_of", options=list(options))
    if not 0 < new.places <= MOST_PLACES:
        faults["places"] = fault("out_of_range", least=1, most=MOST_PLACES)
    if new.criterion == AwardCriterion.FASTEST:
        if refused := amount_fault(new.mark_minor or 0):
            faults["mark_minor"] = refused
    elif new.mark_minor is not None:
        faults["mark_minor"] = fault("not_for_criterion")
    return faults
