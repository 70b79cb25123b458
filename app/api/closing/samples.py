"""Samples of campaigns. Auditors draw and mark them, the host reads them."""

from typing import Any

from marshmallow import Schema, fields

from app.api.base import make_blueprint
from app.api.schema_fields import Key, Text, Time, Whole, one_of
from app.current import deps
from app.http import access
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Permission
from campaigns.sampling.draw import MOST_DRAWN, MOST_WORD, NewSample, draw_sample
from campaigns.sampling.marks import MOST_NOTE, Sample, find_sample, mark, samples_of
from campaigns.sampling.models import MarkState

blueprint = make_blueprint("samples", "Samples of events that auditors check, drawn from a published seed.")


class SampleIn(Schema):
    word = Text(
        MOST_WORD,
        1,
        required=True,
        metadata={"description": "public; best one that nobody chose, such as a lottery's numbers"},
    )
    donations = Whole(1, MOST_DRAWN, required=True)
    payouts = Whole(0, MOST_DRAWN, load_default=0)


class SampleMarkIn(Schema):
    state = one_of(*MarkState, required=True)
    note = Text(MOST_NOTE, load_default="", metadata={"description": "required for `question`"})


class SampleItemOut(Schema):
    place = Whole()
    donation = fields.UUID(attribute="donation_id", allow_none=True)
    remittance = Key(attribute="remittance_id", allow_none=True)
    state = Text(metadata={"description": "`checked`, `question`, or empty before the first mark"})
    note = Text()
    actor = Text()
    marked_at = Time(allow_none=True)


class SampleOut(Schema):
    number = Whole()
    seed = Text(
        metadata={
            "description": "hash of the public notice, a colon, the word. Of each kind those records are drawn"
            " whose SHA-256 of `SEED:ID` is smallest (`campaigns/sampling/draw.py`)"
        }
    )
    donations = Whole(metadata={"description": "how many were wanted"})
    payouts = Whole()
    of_donations = Whole(metadata={"description": "how many there were: those paid before the notice"})
    of_payouts = Whole(metadata={"description": "how many there were: those that the bank had paid"})
    list_hash = Text(metadata={"description": "SHA-256 of the ids of all these donations, sorted, by line feeds"})
    actor = Text()
    drawn_at = Time()
    done = Whole()
    questions = Whole()
    items = fields.List(fields.Nested(SampleItemOut))


@blueprint.get("/campaigns/<slug>/samples")
@access.managers(Permission.READ)
@blueprint.response(200, SampleOut(many=True))
def list_samples(slug: str) -> Any:
    """List the samples of a campaign with their records, latest first."""
    with deps().db.snapshot() as tx:
        return [_shown(sample) for sample in samples_of(tx, find_campaign(tx, slug).id or 0)]


@blueprint.post("/campaigns/<slug>/samples")
@access.managers(Permission.AUDIT_SAMPLE)
@blueprint.arguments(SampleIn)
@blueprint.response(201, SampleOut)
def create(body: dict[str, Any], slug: str) -> Any:
    """Draw a sample of a campaign whose result is published."""
    with deps().db.transaction() as tx:
        row = draw_sample(tx, slug, NewSample(**body), access.actor())
        return _shown(find_sample(tx, row.campaign_id, row.number))


@blueprint.post("/campaigns/<slug>/samples/<id:number>/items/<id:place>/marks")
@access.managers(Permission.AUDIT_SAMPLE)
@blueprint.arguments(SampleMarkIn)
@blueprint.response(201, SampleItemOut)
def create_mark(body: dict[str, Any], slug: str, number: int, place: int) -> Any:
    """Mark a record as checked or in question. The last mark applies; earlier ones are kept."""
    with deps().db.transaction() as tx:
        return mark(tx, slug, number, place, body["state"], body["note"], access.actor())


def _shown(sample: Sample) -> dict[str, Any]:
    progress = {"done": sample.done, "questions": sample.questions, "items": sample.items}
    return {**sample.draw.model_dump(), **progress}
