"""Partner platforms: their registration, and how much of what they send is accepted without an operator."""

import re
from collections.abc import Mapping
from typing import Any

from sqlmodel import col, func, select

from kernel.db import Tx
from kernel.errors import Conflict, Invalid, NotFound, fault
from kernel.keys import Keys
from payments.models import Partner, PartnerState
from payments.partners.partner_events import OFFLINE
from payments.partners.partner_secrets import add_secret

MOST_NAME = 40  # characters
_NAME = re.compile(rf"[A-Za-z0-9_-]{{1,{MOST_NAME}}}", re.ASCII)
LIMITS = ("gift_most_minor", "day_most_minor", "day_most_count", "age_most_days")
RESERVED = frozenset({OFFLINE, "stripe", "web", "api", "bank", "sandbox"})  # names of our own sources


def create(
    tx: Tx,
    keys: Keys,
    name: str,
    title: str,
    projects: list[str] | None = None,
    *,
    statement_expected: bool = True,
    state: PartnerState = PartnerState.LIVE,
    actor: str = "command line",
) -> str:
    """Register a platform and return its signing secret, which is shown once ("" for a draft, a test secret for a
    platform that begins in test mode). `statement_expected`: a campaign that could have its donations waits for
    its bill even if it sent nothing.

    Raises Invalid `partner_invalid`, Conflict `partner_exists`.
    """
    if not _NAME.fullmatch(name):
        raise Invalid("partner_invalid", fields={"name": fault("code_format", most=MOST_NAME)})
    if name.casefold() in RESERVED:
        raise Invalid("partner_invalid", fields={"name": fault("reserved_name")})
    tx.lock_name(f"partner:{name.casefold()}")
    if tx.first(select(Partner).where(func.lower(Partner.name) == name.casefold())) is not None:
        raise Conflict("partner_exists")  # a name that differs in case only would pass for it
    _add(tx, name, title or name, projects, statement_expected, state)
    if state == PartnerState.DRAFT:
        return ""
    return add_secret(tx, keys, name, actor, test=state == PartnerState.TEST).secret


def ensure_offline(tx: Tx, title: str) -> None:
    """Register the source of our own files, unless it exists. It signs nothing and needs no secret."""
    if tx.get(Partner, OFFLINE) is None:
        _add(tx, OFFLINE, title, projects=None, statement_expected=True)


def _add(
    tx: Tx,
    name: str,
    title: str,
    projects: list[str] | None,
    statement_expected: bool,
    state: PartnerState = PartnerState.LIVE,
) -> None:
    tx.add(
        Partner(
            name=name,
            title=title,
            projects=projects,
            created_at=tx.now,
            statement_expected=statement_expected,
            state=state.value,
        )
    )
    tx.flush()  # its secrets refer to it


def known(tx: Tx, name: str, *, lock: bool = False) -> Partner:
    """Return a registered platform. Raises NotFound `partner_unknown`."""
    partner = tx.get(Partner, name, lock=lock) if _NAME.fullmatch(name) else None
    if partner is None:
        raise NotFound("partner_unknown")
    return partner


def set_limits(tx: Tx, name: str, limits: Mapping[str, Any]) -> Partner:
    """Set how much of a platform is accepted without an operator (see Partner); None is the installation's default.
    `projects` sets the projects for which it may raise money (None: any).

    Raises NotFound `partner_unknown`.
    """
    partner = known(tx, name)
    for column in (*LIMITS, "projects"):
        if column in limits:
            setattr(partner, column, limits[column])
    return tx.add(partner)


def list_partners(tx: Tx) -> list[Partner]:
    """Return all platforms, ordered by name."""
    return tx.all(select(Partner).order_by(col(Partner.name)))


def titles_of(tx: Tx) -> dict[str, str]:
    """Return the titles of all platforms by name."""
    return {partner.name: partner.title for partner in list_partners(tx)}
