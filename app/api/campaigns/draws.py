"""The draws of random pots, public: the commitment and, after the reveal, the outcome."""

from typing import Any

from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields

from app.api.base import make_blueprint
from app.api.campaign_views import public
from app.api.schema_fields import Key, Minor, Text, Time, Whole
from app.current import deps
from app.http import access
from campaigns.lifecycle.campaign import slug_of
from kernel.errors import NotFound
from matching.draw import ALGORITHM
from matching.pots import find
from matching.reveal import count_drawn_matches, drawn_matches, public_draw

blueprint = make_blueprint("draws", "Random bonus: a commitment before, the seed after, verifiable by anybody.")


class DrawnOut(Schema):
    donation_id = fields.UUID()
    least_bps = Whole()
    most_bps = Whole()
    drawn_bps = Whole()
    given_minor = Minor(0)


class DrawOut(Schema):
    pot = Key()
    commitment = Text(metadata={"description": "SHA-256 of the seed, hex; public from the start"})
    algorithm = Text()
    seed = Text(allow_none=True, metadata={"description": "hex; null until the campaign's public notice"})
    revealed_at = Time(allow_none=True)
    draws = fields.List(
        fields.Nested(DrawnOut), metadata={"description": "one page, by donation; after the reveal"}
    )


@blueprint.get("/pots/<id:pot_id>/draw")
@access.public
@blueprint.response(200, DrawOut)
@blueprint.paginate()
def show(pot_id: int, pagination_parameters: PaginationParameters) -> Any:
    """Return a random pot's commitment and, after the reveal, its seed and every donation's draw.
    `docs/verify_draw.py` verifies the result."""
    paging = pagination_parameters
    paging.item_count = 0
    with deps().db.snapshot() as tx:
        pot = find(tx, pot_id)
        public(tx, slug_of(tx, pot.campaign_id))
        draw = public_draw(tx, pot_id)
        if draw is None:
            raise NotFound("draw_unknown")
        rows: list[Any] = []
        if draw.seed is not None:
            paging.item_count = count_drawn_matches(tx, pot_id)
            rows = drawn_matches(tx, pot_id, draw.seed, paging.first_item, paging.page_size)
    return {"pot": pot_id, "algorithm": ALGORITHM, "draws": rows, **draw._asdict()}
