"""Partner platforms: their signing secrets, and the verification of their requests (Standard Webhooks)."""

import base64
import os
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import col, select
from standardwebhooks import Webhook, WebhookVerificationError

from kernel.db import Database, Tx
from kernel.errors import Conflict, Forbidden, Invalid, NotFound, fault
from kernel.keys import Keys
from kernel.strict_json import load_json
from payments.models import Partner
from payments.partner_events import OFFLINE

MOST_NAME = 40  # characters
_NAME = re.compile(rf"[A-Za-z0-9_-]{{1,{MOST_NAME}}}", re.ASCII)
LIMITS = ("gift_most_minor", "day_most_minor", "day_most_count")
RESERVED = frozenset({OFFLINE, "stripe", "web", "api", "bank", "sandbox"})  # sources of our own
SECRET_BYTES = 32  # the specification asks for 24 to 64


def create(
    tx: Tx,
    keys: Keys,
    name: str,
    title: str,
    projects: list[str] | None = None,
    *,
    statement_expected: bool = True,
    own: bool = False,
) -> str:
    """Register a platform and return its signing secret, which is shown once. `statement_expected`: a campaign that
    could have its gifts waits for its bill even when it sent nothing. `own`: a source of ours, by a reserved name.

    Raises Invalid `partner_invalid`, Conflict `partner_exists`.
    """
    if not _NAME.fullmatch(name):
        raise Invalid("partner_invalid", fields={"name": fault("code_format", most=MOST_NAME)})
    if name.casefold() in RESERVED and not own:
        raise Invalid("partner_invalid", fields={"name": fault("reserved_name")})
    if tx.get(Partner, name) is not None:
        raise Conflict("partner_exists")
    secret = "whsec_" + base64.b64encode(os.urandom(SECRET_BYTES)).decode()
    sealed = keys.wrap_text(secret, context_of(name))
    tx.add(
        Partner(
            name=name,
            title=title or name,
            sealed_secret=sealed,
            projects=projects,
            created_at=tx.now,
            statement_expected=statement_expected,
        )
    )
    return secret


def known(tx: Tx, name: str) -> Partner:
    """Return a registered platform. Raises NotFound `partner_unknown`."""
    partner = tx.get(Partner, name) if _NAME.fullmatch(name) else None
    if partner is None:
        raise NotFound("partner_unknown")
    return partner


def set_limits(tx: Tx, name: str, limits: Mapping[str, int | None]) -> Partner:
    """Set how much of a platform is believed without an operator (see Partner); None is the installation's default.

    Raises NotFound `partner_unknown`.
    """
    partner = known(tx, name)
    for column in LIMITS:
        if column in limits:
            setattr(partner, column, limits[column])
    return tx.add(partner)


def list_partners(tx: Tx) -> list[Partner]:
    """Return all platforms by name."""
    return tx.all(select(Partner).order_by(col(Partner.name)))


class SigningSecret(NamedTuple):
    """The signing secret of a platform, None when there is no such platform, and when it was read."""

    secret: str | None
    read_at: datetime


def context_of(name: str) -> str:
    """Return what the sealed secret of a platform is bound to."""
    return f"partner:{name}"


def read_secrets(db: Database, keys: Keys, names: Sequence[str]) -> list[SigningSecret]:
    """Return the signing secrets of platforms, in the order of their names, read in one transaction."""
    with db.transaction() as tx:
        valid = sorted({name for name in names if _NAME.fullmatch(name)})
        rows = tx.all(select(Partner.name, Partner.sealed_secret).where(col(Partner.name).in_(valid)))
        secrets = {name: keys.unwrap_text(sealed, context_of(name)) for name, sealed in rows}
        return [SigningSecret(secrets.get(name), tx.now) for name in names]


def secret_of(tx: Tx, keys: Keys, name: str) -> str:
    """Return a platform's signing secret. Raises NotFound `partner_unknown`."""
    partner = known(tx, name)
    return keys.unwrap_text(partner.sealed_secret, context_of(name))


def verify(secret: str, payload: bytes, headers: Mapping[str, str]) -> Any:
    """Return the content of a request that this platform signed within the last five minutes.

    Raises Forbidden `signature_missing`, `signature_invalid` or `timestamp_out_of_tolerance`, and Invalid
    `body_invalid` for a body that is not strict JSON. The library raises ValueError and its relatives for malformed
    input beside its own error; here each becomes a refusal.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    if not all(lower.get(name) for name in ("webhook-id", "webhook-timestamp", "webhook-signature")):
        raise Forbidden("signature_missing")
    try:
        Webhook(secret).verify(payload, lower, json_parse=False)
    except WebhookVerificationError as error:
        stale = "timestamp too" in str(error)
        code = "timestamp_out_of_tolerance" if stale else "signature_invalid"
        raise Forbidden(code) from error
    except UnicodeDecodeError as error:
        raise Invalid("body_invalid") from error
    except (ValueError, OverflowError, OSError, TypeError) as error:
        raise Forbidden("signature_invalid") from error
    return load_json(payload)
