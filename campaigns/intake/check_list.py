"""The check list of a partner platform: what it must have tried in test mode before it goes live."""

from collections.abc import Container
from enum import StrEnum

from sqlmodel import select

from kernel.db import Tx
from payments.mappings.partner_mappings import states_minors
from payments.models import PartnerCheck, PartnerState
from payments.partners.partners import known

BEFORE_LIVE = (PartnerState.DRAFT, PartnerState.TEST)


class Check(StrEnum):
    """The items of the check list, in the order of its page."""

    FIRST_EVENT = "first_event"  # a payment was accepted
    REPEAT = "repeat"  # the same event was sent again
    REFUND = "refund"  # money was returned to a donor
    WRONG_KEY = "wrong_key"  # a request with a wrong signature was refused
    LATE = "late"  # a payment was reported some time after it was made
    BILL = "bill"  # a bill agreed with the events
    MINOR = "minor"  # a payment of a donor under age was accepted; only if the platform's own format states them


def note_check(tx: Tx, partner: str, *checks: Check) -> None:
    """Mark items of the check list as passed. Idempotent."""
    missing = set(checks) & set(open_checks(tx, partner))
    if missing:
        known(tx, partner, lock=True)  # serialises two callers that mark the same item
    for check in missing:
        if tx.get(PartnerCheck, (partner, check.value)) is None:
            tx.add(PartnerCheck(partner=partner, item=check.value, passed_at=tx.now))


def check_list(tx: Tx, partner: str) -> dict[Check, PartnerCheck | None]:
    """Return every item that the platform must pass with its row, or None if it has not passed."""
    rows = tx.all(select(PartnerCheck).where(PartnerCheck.partner == partner))
    passed = {row.item: row for row in rows}
    return {
        check: passed.get(check.value)
        for check in Check
        if check is not Check.MINOR or _minor_due(tx, partner, passed)
    }


def _minor_due(tx: Tx, partner: str, passed: Container[str]) -> bool:
    """Return whether a platform must try, or has tried, a payment of a donor under age. A platform that is live is
    not asked for more when its mapping changes."""
    return Check.MINOR in passed or (known(tx, partner).state in BEFORE_LIVE and states_minors(tx, partner))


def open_checks(tx: Tx, partner: str) -> list[Check]:
    """Return the items that have not passed yet."""
    return [check for check, passed in check_list(tx, partner).items() if passed is None]
