"""API tokens of programs, for administrators."""

from datetime import timedelta
from typing import Any

from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields, validate

from app.accounts import create_token
from app.api.base import make_blueprint, page_of
from app.api.people.user_schemas import branch_in, branch_out
from app.api.schema_fields import Key, Text, Time, one_of
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from campaigns.network import tokens
from campaigns.network.roles import Permission, Role

blueprint = make_blueprint("tokens", "Tokens of programs for this API.")
LASTS = timedelta(days=90)  # unless the body sets `expires_at`


class TokenIn(Schema):
    name = Text(tokens.MOST_LABEL, 1, required=True, metadata={"description": "what it is for"})
    role = one_of(*Role, required=True)
    branch = branch_in()
    scopes = fields.List(
        one_of(*Permission),
        allow_none=True,
        validate=validate.Length(1, len(Permission)),
        metadata={"description": "the permissions of the role that it has; default: all of them"},
    )
    expires_at = Time(allow_none=True, metadata={"description": "null: never; default: in 90 days"})


class TokenOut(Schema):
    id = Key()
    name = Text(attribute="label")
    role = Text()
    branch = branch_out()
    scopes = fields.List(fields.String(), allow_none=True, metadata={"description": "null: all of the role"})
    created_at = Time()
    created_by = Text()
    owner = Text(allow_none=True, metadata={"description": "login of the account with which it ends"})
    expires_at = Time(allow_none=True)
    last_used_at = Time(allow_none=True, metadata={"description": "to the minute"})
    revoked_at = Time(allow_none=True)
    waits = fields.Boolean(metadata={"description": "for a second person, and opens nothing until then"})


class NewTokenOut(TokenOut):
    token = fields.String(metadata={"description": "shown this once"})
    approval = Key(metadata={"description": "the approval that it waits for, if it does"})


@blueprint.get("/tokens")
@access.managers(Permission.PEOPLE_WRITE, where=Where.LISTED)
@blueprint.response(200, TokenOut(many=True))
@blueprint.paginate()
def list_tokens(pagination_parameters: PaginationParameters) -> Any:
    """List the tokens of the caller's branch, newest first."""
    with deps().db.transaction() as tx:
        rows = tokens.list_tokens(tx, scope.branch())
    pagination_parameters.item_count = len(rows)
    return page_of(pagination_parameters).slice(rows)


@blueprint.post("/tokens")
@access.managers(Permission.PEOPLE_WRITE, where=Where.NAMED)
@blueprint.arguments(TokenIn)
@blueprint.response(201, NewTokenOut)
def create(body: dict[str, Any]) -> Any:
    """Create a token. It ends with the account that created it, or with the owner of the token that did.

    Where acts need a second person, a token that can grant rights to others is inactive until they approve it.
    """
    branch = body.get("branch", scope.branch())
    with deps().db.transaction() as tx:
        ends = body["expires_at"] if "expires_at" in body else tx.now + LASTS
        terms = tokens.TokenTerms(body.get("scopes"), ends)
        made = create_token(tx, body["role"], body["name"], branch, terms)
        waits = {"approval": made.approval.id} if made.approval else {}
        return made.row._asdict() | {"token": made.token} | waits


@blueprint.get("/tokens/<id:token_id>")
@access.managers(Permission.PEOPLE_WRITE)
@blueprint.response(200, TokenOut)
def show(token_id: int) -> Any:
    with deps().db.transaction() as tx:
        return tokens.show_token(tx, token_id)


@blueprint.post("/tokens/<id:token_id>/revoke")
@access.managers(Permission.PEOPLE_WRITE)
@blueprint.response(200, TokenOut)
def revoke(token_id: int) -> Any:
    """Revoke a token permanently, from the next request on. Idempotent."""
    with deps().db.transaction() as tx:
        tokens.revoke_token(tx, token_id, access.actor())
        return tokens.show_token(tx, token_id)
