"""Mappings that define how platforms' own notifications are read, for managers."""

import json
from typing import Any

from marshmallow import Schema, fields

from app import partners as duties
from app.api.base import make_blueprint
from app.api.schema_fields import Prose, Text, Time, one_of
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.http import access
from app.http.scope import Where
from campaigns.intake import mapped
from campaigns.network.roles import Permission
from payments.mappings import partner_mappings
from payments.mappings.document import PRESETS, preset
from payments.mappings.mapping_models import PartnerMapping
from payments.mappings.partner_mappings import MOST_KEY, MOST_WORD, NewMapping
from payments.partners import partners

blueprint = make_blueprint("partner mappings", "How notifications in platforms' own formats are read.")


class MappingIn(Schema):
    document = fields.Dict(required=True, metadata={"description": "as one of the presets; ADR 38 describes it"})
    parameters = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        load_default=dict,
        metadata={
            "description": "those that the document names, for example the number of the merchant; several values "
            "are separated by commas"
        },
    )
    decrypt_key = Text(
        MOST_WORD, load_default="", metadata={"description": "of what is encrypted; left out: as before"}
    )


class MappingOut(Schema):
    partner = Text()
    document = fields.Dict()
    parameters = fields.Dict()
    key_ids = fields.List(fields.String(), metadata={"description": "of the keys, which are never shown again"})
    changed_at = Time()
    changed_by = Text()


class KeyIdIn(Schema):
    key_id = Text(MOST_WORD, 1, required=True, metadata={"description": "the serial or id that the platform names"})


class KeyIn(KeyIdIn):
    key = Prose(MOST_KEY, 1, required=True, metadata={"description": "certificate, public key or secret"})


class PresetOut(Schema):
    name = one_of(*PRESETS)
    document = fields.Dict()


@blueprint.get("/partner-mapping-presets")
@access.managers(Permission.READ, where=Where.ANY)
@blueprint.response(200, PresetOut(many=True))
def list_presets() -> Any:
    """List the built-in mapping documents."""
    return [{"name": name, "document": json.loads(preset(name))} for name in PRESETS]


@blueprint.get("/partners/<name>/mapping")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.response(200, MappingOut)
def show_mapping(name: str) -> Any:
    """Return the mapping of a platform's notifications, without its keys."""
    with deps().db.transaction() as tx:
        return _shown(partner_mappings.mapping_of(tx, partners.known(tx, name).name))


@blueprint.post("/partners/<name>/mapping")
@access.managers(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
@blueprint.arguments(MappingIn)
@blueprint.response(200, MappingOut)
@may_wait(blueprint)
def set_mapping(body: dict[str, Any], name: str) -> Any:
    """Set the mapping of a platform's notifications (`POST /webhooks/partners/{name}/notify`). Its keys stay."""
    with deps().db.transaction() as tx:
        outcome = duties.set_mapping(tx, name, NewMapping(**body))
        return waiting(tx, outcome) or _shown(outcome)


@blueprint.post("/partners/<name>/mapping/keys")
@access.managers(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
@blueprint.arguments(KeyIn)
@blueprint.response(200, MappingOut)
@may_wait(blueprint)
def add_key(body: dict[str, Any], name: str) -> Any:
    """Add a key that signs a platform's notifications, or replace the key with this id."""
    with deps().db.transaction() as tx:
        outcome = duties.add_key(tx, name, body["key_id"], body["key"])
        return waiting(tx, outcome) or _shown(outcome)


@blueprint.post("/partners/<name>/mapping/keys/end")
@access.managers(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
@blueprint.arguments(KeyIdIn)
@blueprint.response(200, MappingOut)
def end_key(body: dict[str, Any], name: str) -> Any:
    """End a key. What it signs is refused from the next request on. The last key cannot be ended."""
    with deps().db.transaction() as tx:
        return _shown(mapped.end_key(tx, deps().keys, name, body["key_id"], access.actor()))


def _shown(row: PartnerMapping) -> dict[str, Any]:
    return row.model_dump(exclude={"sealed_keys"}) | {"key_ids": partner_mappings.key_ids(deps().keys, row)}
