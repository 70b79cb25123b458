"""The states of a partner platform from draft to end: whose events are accepted, and whose donations are booked."""

from collections.abc import Mapping

from campaigns.audit import record_audit
from campaigns.intake.check_list import open_checks
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, fault
from kernel.keys import Keys
from payments.inbox.due_again import reopen_of
from payments.models import Partner, PartnerState
from payments.partners import partner_secrets, partners
from payments.partners.partner_secrets import NewSecret

PAUSED = "partner_paused"  # the reason for which an event of a paused platform waits

# `ended` is final: the secrets are gone, and a new registration needs another name.
MOVES: Mapping[PartnerState, frozenset[PartnerState]] = {
    PartnerState.DRAFT: frozenset({PartnerState.TEST, PartnerState.ENDED}),
    PartnerState.TEST: frozenset({PartnerState.LIVE, PartnerState.ENDED}),
    PartnerState.LIVE: frozenset({PartnerState.PAUSED, PartnerState.ENDED}),
    PartnerState.PAUSED: frozenset({PartnerState.LIVE, PartnerState.ENDED}),
    PartnerState.ENDED: frozenset(),
}


def prepare_secret(tx: Tx, keys: Keys, name: str, actor: str) -> NewSecret:
    """Create the real secret of a platform that will go live, in clear text only this once.

    Until then it signs nothing. Secrets that were prepared earlier are ended.
    """
    partners.known(tx, name, lock=True)
    for earlier in partner_secrets.valid_secrets(tx, name):
        if not earlier.test:
            earlier.ends_at = tx.now
    return partner_secrets.add_secret(tx, keys, name, actor)


def change_state(
    tx: Tx, keys: Keys, name: str, state: str, actor: str, *, registering: bool = False
) -> tuple[Partner, NewSecret | None]:
    """Move a platform to another state; return it and the secret that it gets. Idempotent.

    It gets a test secret when it enters test mode, and a real one when it goes live and none was prepared.
    `registering`: the platform was registered to go live at once, which a second person approves.

    Raises NotFound `partner_unknown`, Invalid `partner_invalid`, Conflict `partner_state` for a move that does not
    exist, Conflict `partner_checks_open` while items of its check list are open.
    """
    partner = partners.known(tx, name, lock=True)
    if state not in set(PartnerState):
        raise Invalid("partner_invalid", fields={"state": fault("not_one_of", options=list(PartnerState))})
    before, after = PartnerState(partner.state), PartnerState(state)
    if before is after:
        return partner, None
    if after not in MOVES[before] and not (registering and (before, after) == ("draft", "live")):
        raise Conflict("partner_state", state=before.value)
    if before is PartnerState.TEST and after is PartnerState.LIVE and (missing := open_checks(tx, name)):
        raise Conflict("partner_checks_open", checks=", ".join(missing))
    partner.state = after.value
    tx.add(partner)
    record_audit(tx, actor, "partner.state", f"partner:{name}", before=before.value, after=after.value)
    if before is PartnerState.PAUSED and after is PartnerState.LIVE:
        reopen_of(tx, f"partner:{name}", PAUSED)
    return partner, _secret_for(tx, keys, partner, before, actor)


def _secret_for(tx: Tx, keys: Keys, partner: Partner, before: PartnerState, actor: str) -> NewSecret | None:
    if partner.state == PartnerState.TEST:
        return partner_secrets.add_secret(tx, keys, partner.name, actor, test=True)
    prepared = any(not own.test for own in partner_secrets.valid_secrets(tx, partner.name))
    if before is PartnerState.TEST and partner.state == PartnerState.LIVE and not prepared:
        return partner_secrets.add_secret(tx, keys, partner.name, actor)
    return None
