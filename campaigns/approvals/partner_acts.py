"""The acts on partner platforms that may need a second person: whose gifts are booked, who signs for them, and how
far their reports are trusted."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from campaigns.approvals.act import Act, Attempt
from campaigns.imports import fetch_bills
from campaigns.intake import mapped, partner_states, registered
from campaigns.intake.partner_limits import change_limits, is_widened
from campaigns.intake.project_codes import is_meant, map_code
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.keys import Keys
from payments.bills.bill_accounts import NewAccount
from payments.mappings.partner_mappings import NewMapping
from payments.partners import partners
from payments.partners.partner_secrets import BOOKED


def _always(_tx: Tx, _attempt: Attempt) -> None:
    return


def _of_limits(tx: Tx, attempt: Attempt) -> int | None:
    """Require a second person only to raise limits or add projects, once a platform's gifts are booked."""
    return None if is_widened(tx, attempt.deps, attempt.subject, attempt.arguments["limits"]) else 0


def _of_mapping(tx: Tx, attempt: Attempt) -> int | None:
    return None if partners.known(tx, attempt.subject).state in BOOKED else 0


def _of_code(tx: Tx, attempt: Attempt) -> int | None:
    """Require a second person to change the meaning of a code, because it leads a platform's gifts to another
    project. Nothing of a draft is booked, so a draft needs none."""
    booked = partners.known(tx, attempt.subject).state in BOOKED
    meant = is_meant(tx, attempt.subject, attempt.arguments["code"], attempt.arguments["project"])
    return None if booked and not meant else 0


def _of_which_code(arguments: Mapping[str, Any]) -> str:
    code: str = arguments["code"]
    return code


def _map_code(tx: Tx, attempt: Attempt) -> int:
    return map_code(tx, attempt.subject, attempt.arguments["code"], attempt.arguments["project"], attempt.actor)


def _limit(tx: Tx, attempt: Attempt) -> Any:
    return change_limits(tx, attempt.subject, attempt.arguments["limits"], attempt.actor)


def _go_live(tx: Tx, attempt: Attempt) -> Any:
    registering = attempt.arguments["registering"]
    keys = attempt.deps.keys
    return partner_states.change_state(tx, keys, attempt.subject, "live", attempt.actor, registering=registering)


def _activate(tx: Tx, attempt: Attempt) -> Any:
    until = attempt.arguments["old_valid_until"]
    old_valid_until = datetime.fromisoformat(until) if until else None
    secret_id = attempt.arguments["secret_id"]
    return registered.activate_secret(tx, attempt.subject, secret_id, old_valid_until, attempt.actor)


def context_of(name: str) -> str:
    """Return the context that a sealed change of a platform's mapping, or of its bill account, is bound to."""
    return f"mapping change\x1f{name}"


def sealed_change(keys: Keys, name: str, change: Mapping[str, Any]) -> str:
    """Return a change of a mapping as an approval stores it: sealed, because it contains keys."""
    return keys.wrap_text(json.dumps(change), context_of(name))


def _map(tx: Tx, attempt: Attempt) -> Any:
    keys, name = attempt.deps.keys, attempt.subject
    change = json.loads(keys.unwrap_text(attempt.arguments["sealed"], context_of(name)))
    if "private_key" in change:
        account = NewAccount(**change | {"since": date.fromisoformat(change["since"])})
        return fetch_bills.set_account(tx, keys, name, account, attempt.actor)
    if "key_id" in change:
        return mapped.add_key(tx, keys, name, change["key_id"], change["key"], attempt.actor)
    return mapped.set_mapping(tx, keys, name, NewMapping(**change), attempt.actor)


MAPPING_ACT = "partner.mapping"
_WRITE = Permission.PARTNERS_WRITE
PARTNER_ACTS: Mapping[str, Act] = {
    "partner.live": Act(_WRITE, "name", str, _go_live, _always),
    "partner.secret": Act(_WRITE, "name", str, _activate, _always),
    "partner.limits": Act(_WRITE, "name", str, _limit, _of_limits),
    "partner.map_code": Act(Permission.RECONCILE, "name", str, _map_code, _of_code, part=_of_which_code),
    MAPPING_ACT: Act(_WRITE, "name", str, _map, _of_mapping),
}
