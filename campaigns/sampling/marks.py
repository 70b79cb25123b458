"""Mark the records of a sample, and read samples with their progress."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, func, select

from campaigns.audit import record_audit
from campaigns.lifecycle.campaign import find_campaign
from campaigns.payouts.models import Remittance
from campaigns.sampling.draw import rank
from campaigns.sampling.models import AuditSample, MarkState, SampleItem, SampleMark
from kernel.db import Tx
from kernel.errors import Invalid, NotFound, fault
from kernel.text import text_fault

MOST_NOTE = 500  # characters
MOST_NUMBER = 2**31 - 1  # the maximum of INTEGER
MARKED = "sample.mark"


class Item(NamedTuple):
    """A record of a sample with its last mark; `state` is empty before the first."""

    place: int
    donation_id: UUID | None
    remittance_id: int | None
    plan_id: int | None
    state: str = ""
    note: str = ""
    actor: str = ""
    marked_at: datetime | None = None


class Sample(NamedTuple):
    """A draw with its records."""

    draw: AuditSample
    items: Sequence[Item]

    @property
    def done(self) -> int:
        """Return how many records were marked, as checked or in question."""
        return sum(1 for item in self.items if item.state)

    @property
    def questions(self) -> int:
        return sum(1 for item in self.items if item.state == MarkState.QUESTION)


class Progress(NamedTuple):
    """The progress of a draw: how many records were drawn, marked (either way) and put in question.

    `limit` is the largest SHA-256 of a drawn donation, as hex: donors can tell by it whether theirs was drawn.
    """

    draw: AuditSample
    drawn: int
    done: int
    questions: int
    limit: str


def progress_of(tx: Tx, campaign_id: int) -> list[Progress]:
    """Return the progress of each sample of a campaign, newest first, without reading its records."""
    lasts = select(func.max(SampleMark.id)).group_by(col(SampleMark.item_id))
    state = col(SampleMark.state)
    counts = func.count(), func.count(state), func.count().filter(state == MarkState.QUESTION)
    rows = tx.all(
        select(AuditSample, *counts)
        .join(SampleItem, col(SampleItem.sample_id) == AuditSample.id)
        .join(
            SampleMark,
            (col(SampleMark.item_id) == SampleItem.id) & col(SampleMark.id).in_(lasts),
            isouter=True,
        )
        .where(AuditSample.campaign_id == campaign_id)
        .group_by(col(AuditSample.id))
        .order_by(col(AuditSample.number).desc())
    )
    limits = _limits(tx, campaign_id)
    return [Progress(*row, limits[row[0].id]) for row in rows]


def _limits(tx: Tx, campaign_id: int) -> dict[int | None, str]:
    limit = func.max(func.encode(rank(col(AuditSample.seed), SampleItem.donation_id), "hex"))
    drawn = select(AuditSample.id, limit).join(SampleItem, col(SampleItem.sample_id) == AuditSample.id)
    rows = tx.all(drawn.where(AuditSample.campaign_id == campaign_id).group_by(col(AuditSample.id)))
    return {id_: limit or "" for id_, limit in rows}


def mark(tx: Tx, slug: str, number: int, place: int, state: str, note: str, actor: str) -> Item:
    """Mark a record of a sample as checked, or in question with a note. A repeated call changes nothing.

    Raises NotFound `campaign_unknown`, `sample_unknown`, Invalid `sample_mark_invalid`.
    """
    _require_valid(state, note)
    campaign_id = find_campaign(tx, slug).id or 0
    row = _find_item(tx, campaign_id, number, place)
    last = tx.first(
        select(SampleMark).where(SampleMark.item_id == row.id).order_by(col(SampleMark.id).desc()).limit(1)
    )
    if last is None or (last.state, last.note, last.actor) != (state, note, actor):
        tx.add(SampleMark(item_id=row.id or 0, state=state, note=note, actor=actor, marked_at=tx.now))
        detail = {"number": number, "place": place, "state": state}
        record_audit(tx, actor, MARKED, f"campaign:{campaign_id}", **detail)
    return next(item for item in find_sample(tx, campaign_id, number).items if item.place == place)


def samples_of(tx: Tx, campaign_id: int) -> list[Sample]:
    """Return the samples of a campaign, newest first."""
    own = select(AuditSample).where(AuditSample.campaign_id == campaign_id)
    draws = tx.all(own.order_by(col(AuditSample.number).desc()))
    return [Sample(draw, _items(tx, draw)) for draw in draws]


def find_sample(tx: Tx, campaign_id: int, number: int) -> Sample:
    """Return a sample of a campaign. Raises NotFound `sample_unknown`."""
    own = select(AuditSample).where(AuditSample.campaign_id == campaign_id)
    draw = tx.first(own.where(AuditSample.number == number)) if 0 < number <= MOST_NUMBER else None
    if draw is None:
        raise NotFound("sample_unknown")
    return Sample(draw, _items(tx, draw))


def _find_item(tx: Tx, campaign_id: int, number: int, place: int) -> SampleItem:
    draw = find_sample(tx, campaign_id, number).draw
    of_draw = select(SampleItem).where(SampleItem.sample_id == draw.id)
    item = tx.first(of_draw.where(SampleItem.place == place)) if 0 < place <= MOST_NUMBER else None
    if item is None:
        raise NotFound("sample_unknown")
    return item


def _items(tx: Tx, draw: AuditSample) -> list[Item]:
    own = select(SampleItem.id).where(SampleItem.sample_id == draw.id)
    lasts = (
        select(func.max(SampleMark.id)).where(col(SampleMark.item_id).in_(own)).group_by(col(SampleMark.item_id))
    )
    marks = {row.item_id: row for row in tx.all(select(SampleMark).where(col(SampleMark.id).in_(lasts)))}
    query = select(SampleItem, Remittance.plan_id).join(
        Remittance, col(Remittance.id) == SampleItem.remittance_id, isouter=True
    )
    rows = tx.all(query.where(SampleItem.sample_id == draw.id).order_by(col(SampleItem.place)))
    return [_item(row, plan_id, marks.get(row.id or 0)) for row, plan_id in rows]


def _item(row: SampleItem, plan_id: int | None, last: SampleMark | None) -> Item:
    item = Item(row.place, row.donation_id, row.remittance_id, plan_id)
    return item._replace(**last.model_dump(include={"state", "note", "actor", "marked_at"})) if last else item


def _require_valid(state: str, note: str) -> None:
    faults = {}
    if state not in tuple(MarkState):
        faults["state"] = fault("not_one_of", options=list(MarkState))
    if (note or state == MarkState.QUESTION) and (refused := text_fault(note, MOST_NOTE)):
        faults["note"] = refused
    if faults:
        raise Invalid("sample_mark_invalid", fields=faults)
