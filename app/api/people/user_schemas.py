"""Schemas for accounts, their sessions and links."""

from marshmallow import Schema, fields

from app.api.schema_fields import Key, Text, Time, one_of
from campaigns.network.people import MOST_LOGIN, MOST_NAME, MOST_PASSWORD
from campaigns.network.roles import Role

MOST_CODE = 32


def branch_in() -> Text:
    """Return the field of a request body for the branch that rights are confined to."""
    described = {"description": "code of the organisation; null: the whole network; default: the caller's branch"}
    return Text(MOST_CODE, 1, allow_none=True, metadata=described)


def branch_out() -> Text:
    """Return the field of a response for the branch that rights are confined to."""
    return Text(attribute="branch_code", allow_none=True, metadata={"description": "null: the whole network"})


class UserIn(Schema):
    login = Text(MOST_LOGIN, 1, required=True)
    name = Text(MOST_NAME)
    role = one_of(*Role, required=True)
    branch = branch_in()
    password = fields.String(
        load_only=True, metadata={"description": f"at most {MOST_PASSWORD} characters; better leave it out"}
    )


class UserPatch(Schema):
    name = Text(MOST_NAME)
    role = one_of(*Role)
    branch = Text(MOST_CODE, 1, allow_none=True, metadata={"description": "null: the whole network"})


class UserOut(Schema):
    id = Key()
    login = Text()
    name = Text()
    role = Text()
    branch = branch_out()
    enabled = fields.Boolean(attribute="is_on")
    has_password = fields.Boolean()
    second_factor = fields.Boolean(metadata={"description": "whether it signs in with one"})
    created_at = Time()


class NewUserOut(UserOut):
    link = fields.String(metadata={"description": "for its owner, to choose a password; shown this once"})
    link_expires_at = Time()


class AccountLinkOut(Schema):
    link = fields.String(metadata={"description": "for the account's owner; shown this once"})
    expires_at = Time()


class SessionOut(Schema):
    id = Key()
    created_at = Time()
    last_seen_at = Time(metadata={"description": "to the minute"})
    ends_at = Time()


class EndedOut(Schema):
    ended = fields.Integer(metadata={"description": "how many were open"})


class InvitationIn(Schema):
    role = one_of(*Role, required=True)
    branch = branch_in()
    name = Text(MOST_NAME)


class InvitationOut(Schema):
    id = Key()
    role = Text()
    branch = branch_out()
    name = Text()
    created_by = Text()
    created_at = Time()
    expires_at = Time()


class NewInvitationOut(Schema):
    id = Key()
    role = Text()
    branch = branch_out()
    name = Text()
    link = fields.String(metadata={"description": "for whom is invited; shown this once"})
    expires_at = Time()
