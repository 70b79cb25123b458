"""Changes of partner platforms that API and console share, and that may wait for a second person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from app.current import deps
from app.duties import perform
from app.http import access
from campaigns.approvals.models import Approval
from campaigns.approvals.partner_acts import sealed_change
from campaigns.intake import partner_states, registered
from kernel.db import Tx
from payments.bills.bill_accounts import NewAccount
from payments.mappings.partner_mappings import NewMapping
from payments.models import Partner, PartnerState
from payments.partners import partners
from payments.partners.partner_secrets import NewSecret


class Registration(NamedTuple):
    """A platform to register."""

    name: str
    title: str
    projects: Sequence[str] | None
    statement_expected: bool
    state: PartnerState


class Changed(NamedTuple):
    """A changed platform.

    `secret`: a new signing secret in clear, returned once. `approval`: the Approval that the change waits for, if
    any; until then the secret is not valid.
    """

    partner: Partner
    secret: str
    approval: Approval | None = None


def register(tx: Tx, new: Registration) -> Changed:
    """Register a platform. If it should be live at once and acts need a second person, it is a draft until
    approved.

    Raises as `campaigns.intake.registered.register`.
    """
    keys, actor = deps().keys, access.actor()
    waits = new.state is PartnerState.LIVE and deps().second_person.needed
    state = PartnerState.DRAFT if waits else new.state
    expected = new.statement_expected
    secret = registered.register(
        tx, keys, new.name, new.title, actor, new.projects, statement_expected=expected, state=state
    )
    if not waits:
        return Changed(partners.known(tx, new.name), secret)
    prepared = partner_states.prepare_secret(tx, keys, new.name, actor)
    approval = perform(tx, "partner.live", new.name, registering=True)
    return Changed(partners.known(tx, new.name), prepared.secret, approval)


def change_state(tx: Tx, name: str, state: str) -> Changed:
    """Change the state of a platform. Going live waits for a second person, where acts need one.

    Raises as `campaigns.intake.partner_states.change_state`.
    """
    keys, actor = deps().keys, access.actor()
    partner = partners.known(tx, name)
    if (partner.state, state) == (PartnerState.TEST, PartnerState.LIVE) and deps().second_person.needed:
        prepared = partner_states.prepare_secret(tx, keys, name, actor)
        approval = perform(tx, "partner.live", name, registering=False)
        return Changed(partners.known(tx, name), prepared.secret, approval)
    partner, made = partner_states.change_state(tx, keys, name, state, actor)
    return Changed(partner, made.secret if made else "")


def rotate_secret(
    tx: Tx, name: str, old_valid_until: datetime | None, *, test: bool
) -> tuple[NewSecret, Approval | None]:
    """Create another signing secret. One that is not for tests waits for a second person, where acts need one.

    Raises as `campaigns.intake.registered.rotate_secret`.
    """
    keys, actor = deps().keys, access.actor()
    waits = deps().second_person.needed and not test
    made = registered.rotate_secret(tx, keys, name, old_valid_until, actor, test=test, waits=waits)
    if not waits:
        return made, None
    until = old_valid_until.isoformat() if old_valid_until else None
    return made, perform(tx, "partner.secret", name, secret_id=made.id, old_valid_until=until)


def set_limits(tx: Tx, name: str, limits: Mapping[str, Any]) -> Any:
    """Set limits and projects; return the platform, or the Approval that wider limits wait for.

    Raises NotFound `partner_unknown`.
    """
    return perform(tx, "partner.limits", partners.known(tx, name).name, limits=dict(limits))


def set_mapping(tx: Tx, name: str, new: NewMapping) -> Any:
    """Set the mapping of a platform's notifications; return the mapping, or the Approval that it waits for."""
    shown = str(new.document.get("title", "")) if isinstance(new.document, dict) else ""
    return _change_mapping(tx, name, shown[:100], new._asdict())


def add_key(tx: Tx, name: str, key_id: str, key: str) -> Any:
    """Add a key that verifies a platform's notifications; return the mapping, or the Approval that it waits for."""
    return _change_mapping(tx, name, key_id, {"key_id": key_id, "key": key})


def set_bill_account(tx: Tx, name: str, new: NewAccount) -> Any:
    """Set the credentials for fetching a platform's bills; return the account, or the Approval that it waits
    for."""
    change = new._asdict() | {"since": new.since.isoformat()}
    return _change_mapping(tx, name, new.key_id[:100], change)


def _change_mapping(tx: Tx, name: str, shown: str, change: Mapping[str, Any]) -> Any:
    partners.known(tx, name)
    sealed = sealed_change(deps().keys, name, change)
    return perform(tx, "partner.mapping", name, shown=shown, sealed=sealed)
