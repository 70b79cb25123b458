"""Take in notifications in a platform's own format, as events of ours, on the same path as all events."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.dependencies import Dependencies
from campaigns.intake.test_mode import receive_tests
from kernel.clock import parse_time
from kernel.db import Tx
from kernel.errors import Fault, Invalid
from kernel.keys import Keys
from payments.inbox.inbox import store
from payments.mappings import partner_mappings
from payments.mappings.mapping_models import PartnerMapping, PartnerRefund
from payments.mappings.partner_mappings import NewMapping
from payments.mappings.translate import Translated
from payments.messages import message
from payments.partners import partners
from payments.partners.partner_events import PARTNER_PREFIX, faults


def receive_mapped(
    deps: Dependencies, partner: str, translated: Sequence[Translated], now: datetime, *, test: bool
) -> list[str]:
    """Store events and return for each whether it is `accepted`, `repeated` or `conflicting`. All of them or none.

    With `test`, only judge them. Raises Invalid `event_invalid` that names every wrong field.
    """
    refused = dict(_faults(translated, now))
    if refused:
        raise Invalid("event_invalid", fields=refused)
    with deps.db.transaction() as tx:
        events = _with_totals(tx, partner, translated, test=test)
        if test:
            return receive_tests(tx, deps, partner, events)
        source = f"{PARTNER_PREFIX}{partner}"
        rows = [message(source, event["id"], event, compare=True) for event in events]
        return list(store(tx, deps.keys, rows).results)


def _faults(translated: Sequence[Translated], now: datetime) -> Iterable[tuple[str, Fault]]:
    for position, part in enumerate(translated):
        prefix = f"events.{position}." if len(translated) > 1 else ""
        for field, fault in (faults(part.event, now) | part.fault).items():
            yield f"{prefix}{field}", fault


def _with_totals(tx: Tx, partner: str, translated: Sequence[Translated], *, test: bool) -> list[dict[str, Any]]:
    """Return the events. Refunds that were reported one by one get the total of their donation."""
    each = [part for part in translated if part.each]
    for their_id in sorted({part.event["data"]["donation_id"] for part in each}):
        # Serialise refunds of one donation, so that no two of them build on the same total.
        tx.lock_name(f"refund:{partner}:{their_id}")
    return [_with_total(tx, partner, part, test=test) if part.each else part.event for part in translated]


def _with_total(tx: Tx, partner: str, part: Translated, *, test: bool) -> dict[str, Any]:
    """Return a refund as the total of all refunds up to it, at the time of the latest of them.

    A repeated refund gets the same total again. With another amount it then contradicts the first one.
    """
    event, data = part.event, part.event["data"]
    key = (partner, test, data["donation_id"], event["type"], part.refund_id)
    row = tx.get(PartnerRefund, key)
    if row is not None:
        total_minor = row.total_minor - row.amount_minor + data["amount_minor"]
        return event | {"occurred_at": row.occurred_at.isoformat(), "data": data | {"amount_minor": total_minor}}
    before = _refunds(tx, key)
    row = PartnerRefund(
        partner=partner,
        test=test,
        their_id=data["donation_id"],
        type=event["type"],
        refund_id=part.refund_id,
        amount_minor=data["amount_minor"],
        total_minor=sum(earlier.amount_minor for earlier in before) + data["amount_minor"],
        # The newest total counts. By the platform's own times, a later message may be the earlier refund.
        occurred_at=max([parse_time(event["occurred_at"]), *(earlier.occurred_at for earlier in before)]),
    )
    tx.add(row)
    tx.flush()
    return event | {"occurred_at": row.occurred_at.isoformat(), "data": data | {"amount_minor": row.total_minor}}


def _refunds(tx: Tx, key: tuple[str, bool, str, str, str]) -> list[PartnerRefund]:
    partner, test, their_id, kind, _refund_id = key
    query = select(PartnerRefund).where(PartnerRefund.partner == partner, col(PartnerRefund.test).is_(test))
    return tx.all(query.where(PartnerRefund.their_id == their_id, PartnerRefund.type == kind))


def set_mapping(tx: Tx, keys: Keys, name: str, new: NewMapping, actor: str) -> PartnerMapping:
    """Set and record how a platform's notifications are read.

    Raises NotFound `partner_unknown`, and as `payments.mappings.partner_mappings.set_mapping`.
    """
    partner = partners.known(tx, name, lock=True)
    row = partner_mappings.set_mapping(tx, keys, partner, new, actor)
    record_audit(tx, actor, "partner.mapping", f"partner:{name}", **_shown(row))
    return row


def add_key(tx: Tx, keys: Keys, name: str, key_id: str, text: str, actor: str) -> PartnerMapping:
    """Add a key to a platform's mapping and record it. Raises as `payments.mappings.partner_mappings.add_key`."""
    partner = partners.known(tx, name, lock=True)
    row = partner_mappings.add_key(tx, keys, partner, key_id, text, actor)
    record_audit(tx, actor, "partner.mapping_key", f"partner:{name}", key_id=key_id.strip())
    return row


def end_key(tx: Tx, keys: Keys, name: str, key_id: str, actor: str) -> PartnerMapping:
    """End a key of a platform's mapping and record it. Raises as `payments.mappings.partner_mappings.end_key`."""
    partner = partners.known(tx, name, lock=True)
    row = partner_mappings.end_key(tx, keys, partner, key_id, actor)
    record_audit(tx, actor, "partner.mapping_key_end", f"partner:{name}", key_id=key_id)
    return row


def _shown(row: PartnerMapping) -> Mapping[str, Any]:
    return {"format": row.document["title"], "scheme": row.document["verify"]["scheme"]}
