"""The check list of a partner platform: what it must have tried in test mode before it goes live."""

from enum import StrEnum

from sqlmodel import select

from kernel.db import Tx
from payments.models import PartnerCheck
from payments.partners.partners import known


class Check(StrEnum):
    """The items of the check list, in the order of its page."""

    FIRST_EVENT = "first_event"  # a payment was accepted
    REPEAT = "repeat"  # the same event was sent again
    REFUND = "refund"  # money was returned to a donor
    WRONG_KEY = "wrong_key"  # a request with a wrong signature was refused
    LATE = "late"  # a payment was reported some time after it was made
    BILL = "bill"  # a bill agreed with the events


def note_check(tx: Tx, partner: str, *checks: Check) -> None:
    """Mark items of the check list as passed. Idempotent."""
    missing = set(checks) & set(open_checks(tx, partner))
    if missing:
        known(tx, partner, lock=True)  # serialises two callers that mark the same item
    for check in missing:
        if tx.get(PartnerCheck, (partner, check.value)) is None:
            tx.add(PartnerCheck(partner=partner, item=check.value, passed_at=tx.now))


def check_list(tx: Tx, partner: str) -> dict[Check, PartnerCheck | None]:
    """Return every item with its row, or None if it has not passed."""
    rows = tx.all(select(PartnerCheck).where(PartnerCheck.partner == partner))
    passed = {row.item: row for row in rows}
    return {check: passed.get(check.value) for check in Check}


def open_checks(tx: Tx, partner: str) -> list[Check]:
    """Return the items that have not passed yet."""
    return [check for check, passed in check_list(tx, partner).items() if passed is None]
