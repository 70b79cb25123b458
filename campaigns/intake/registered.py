"""Change partner platforms and their signing secrets, and record each change in the audit trail."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.projects.models import Project
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, fault
from kernel.keys import Keys
from payments import outgoing
from payments.models import PartnerSecret, PartnerState
from payments.outgoing_models import PartnerSubscription
from payments.partners import partner_secrets, partners
from payments.partners.partner_secrets import NewSecret


def register(
    tx: Tx,
    keys: Keys,
    name: str,
    title: str,
    actor: str,
    projects: Sequence[str] | None = None,
    *,
    statement_expected: bool = True,
    state: PartnerState = PartnerState.LIVE,
) -> str:
    """Register a platform and return its signing secret, which is shown only this once.

    `projects`: the codes of the projects that it may raise money for (None: any). Raises Invalid `partner_invalid`
    for a code that no project has, and as `payments.partners.partners.create`.
    """
    codes = None if projects is None else list(projects)
    known = set(tx.all(select(Project.code).where(col(Project.code).in_(codes)))) if codes else set()
    if unknown := [code for code in codes or () if code not in known]:
        raise Invalid("partner_invalid", fields={"projects": fault("unknown_projects", values=", ".join(unknown))})
    secret = partners.create(
        tx, keys, name, title, codes, statement_expected=statement_expected, state=state, actor=actor
    )
    record_audit(tx, actor, "partner.create", f"partner:{name}")
    return secret


def rotate_secret(
    tx: Tx,
    keys: Keys,
    name: str,
    old_valid_until: datetime | None,
    actor: str,
    *,
    test: bool = False,
    waits: bool = False,
) -> NewSecret:
    """Create another signing secret for a platform, or for its test mode with `test`.

    The old secret stays valid until the given time, or until it is ended. A secret that `waits` changes nothing
    before `activate_secret`. Raises NotFound `partner_unknown`, Conflict `partner_state` if the platform's state
    allows no such secret, and as `payments.partners.partner_secrets.rotate`.
    """
    partner = partners.known(tx, name, lock=True)
    if partner.state not in (partner_secrets.SENDING if test else partner_secrets.BOOKED):
        raise Conflict("partner_state", state=partner.state)
    secret = partner_secrets.rotate(tx, keys, partner, old_valid_until, actor, test=test, waits=waits)
    if not waits:
        _record_secret(tx, actor, name, secret.id, old_valid_until, test=test)
    return secret


def activate_secret(
    tx: Tx, name: str, secret_id: int, old_valid_until: datetime | None, actor: str
) -> PartnerSecret:
    """Activate a waiting signing secret. Raises as `rotate_secret`, and as `partner_secrets.activate`."""
    partner = partners.known(tx, name, lock=True)
    if partner.state not in partner_secrets.BOOKED:
        raise Conflict("partner_state", state=partner.state)
    secret = partner_secrets.activate(tx, partner, secret_id, old_valid_until)
    _record_secret(tx, actor, name, secret_id, old_valid_until, test=secret.test)
    return secret


def _record_secret(
    tx: Tx, actor: str, name: str, secret_id: int, old_valid_until: datetime | None, *, test: bool
) -> None:
    old = old_valid_until.isoformat() if old_valid_until else None
    subject = f"partner:{name}"
    record_audit(tx, actor, "partner.secret", subject, secret_id=secret_id, old_valid_until=old, test=test)


def end_secret(tx: Tx, name: str, secret_id: int, actor: str) -> PartnerSecret:
    """End a signing secret from the next request on.

    Raises NotFound `partner_unknown`, and as `payments.partners.partner_secrets.end_secret`.
    """
    partner = partners.known(tx, name, lock=True)
    secret = partner_secrets.end_secret(tx, partner, secret_id)
    record_audit(tx, actor, "partner.secret_end", f"partner:{name}", secret_id=secret_id)
    return secret


def subscribe(
    tx: Tx, keys: Keys, name: str, url: str, types: Sequence[str], actor: str, *, loopback: bool = False
) -> tuple[PartnerSubscription, str]:
    """Subscribe an address of a platform to kinds of events. Raises as `payments.outgoing.subscribe`."""
    partner = partners.known(tx, name, lock=True)
    row, secret = outgoing.subscribe(tx, keys, partner, url, types, actor, loopback=loopback)
    tx.flush()
    record_audit(tx, actor, "partner.subscribe", f"partner:{name}", subscription=row.id, types=row.types)
    return row, secret


def pause_subscription(tx: Tx, name: str, subscription_id: int, actor: str) -> PartnerSubscription:
    """Pause deliveries to a subscription. Raises as `payments.outgoing.pause`."""
    row = outgoing.pause(tx, name, subscription_id)
    record_audit(tx, actor, "partner.subscription_pause", f"partner:{name}", subscription=subscription_id)
    return row


def resume_subscription(tx: Tx, name: str, subscription_id: int, actor: str) -> PartnerSubscription:
    """Resume deliveries to a subscription. Raises as `payments.outgoing.resume`."""
    row = outgoing.resume(tx, name, subscription_id)
    record_audit(tx, actor, "partner.subscription_resume", f"partner:{name}", subscription=subscription_id)
    return row


def unsubscribe(tx: Tx, name: str, subscription_id: int, actor: str) -> PartnerSubscription:
    """End a subscription. Raises as `payments.outgoing.unsubscribe`."""
    row = outgoing.unsubscribe(tx, name, subscription_id)
    record_audit(tx, actor, "partner.unsubscribe", f"partner:{name}", subscription=subscription_id)
    return row
