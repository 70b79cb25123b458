"""Mappings of partner platforms: set by staff; their keys are sealed at rest and rotated with two side by side."""

import json
from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import col, select

from kernel.db import Database, Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.keys import Keys
from kernel.text import is_storable, text_fault
from payments.mappings.document import Alipay, Mapping, WechatPay, parameter_words, read_mapping
from payments.mappings.mapping_models import PartnerMapping
from payments.mappings.public_keys import alipay_key, same_serial, serial_of, wechat_key
from payments.mappings.verify import Credentials
from payments.models import Partner, PartnerState
from payments.partners.partner_secrets import SENDING

MOST_KEYS = 3  # at a time: the current one, the next one, and a certificate besides
MOST_KEY, LEAST_SECRET, MOST_WORD = 8_000, 16, 100  # characters
_DECRYPT_KEY_BYTES = 32  # of WeChat Pay's APIv3 key


class Mapped(NamedTuple):
    """How a platform's notifications are currently read. `mapping` is None if it has none or may not send."""

    mapping: Mapping | None
    credentials: Credentials
    state: str
    read_at: datetime

    @property
    def test(self) -> bool:
        """Return whether the platform's events are only tried out."""
        return self.state == PartnerState.TEST


class NewMapping(NamedTuple):
    """A mapping as entered by a manager. An empty `decrypt_key` keeps the stored key."""

    document: Any
    parameters: Dictionary[str, str]
    decrypt_key: str = ""


def context_of(name: str) -> str:
    """Return the context to which the sealed keys of a platform's mapping are bound."""
    return f"mapping\x1f{name}"


def mapping_of(tx: Tx, name: str) -> PartnerMapping:
    """Return the mapping of a platform. Raises NotFound `mapping_unknown`."""
    row = tx.get(PartnerMapping, name) if is_storable(name) else None
    if row is None:
        raise NotFound("mapping_unknown")
    return row


def states_minors(tx: Tx, name: str) -> bool:
    """Return whether notifications of a platform, in its own format, may state that a donor is under age."""
    row = tx.get(PartnerMapping, name)
    return row is not None and read_mapping(row.document).states_minors


def parameters_of(tx: Tx, name: str) -> Dictionary[str, str]:
    """Return the parameters of a platform's mapping, such as its merchant; empty if it has no mapping."""
    row = tx.get(PartnerMapping, name)
    return row.parameters if row else {}


def key_ids(keys: Keys, row: PartnerMapping) -> list[str]:
    """Return the ids of the keys of a mapping."""
    return sorted(credentials_of(keys, row).keys)


def set_mapping(tx: Tx, keys: Keys, partner: Partner, new: NewMapping, actor: str) -> PartnerMapping:
    """Set how a platform's notifications are read (lock the platform first). Keys that do not fit the mapping are
    dropped.

    Raises Invalid `mapping_invalid` that names every wrong field.
    """
    mapping = read_mapping(new.document)
    row = tx.get(PartnerMapping, partner.name)
    before = credentials_of(keys, row) if row else Credentials({})
    decrypt_key = new.decrypt_key or before.decrypt_key
    faults = _faults(mapping, new.parameters, decrypt_key)
    kept = {id_: text for id_, text in before.keys.items() if not _key_fault(mapping, id_, text, tx.now)}
    if faults:
        raise Invalid("mapping_invalid", fields=faults)
    if row is None:
        row = PartnerMapping(
            partner=partner.name, document={}, parameters={}, sealed_keys="", changed_at=tx.now, changed_by=actor
        )
    row.document = mapping.model_dump(mode="json", exclude_unset=True)
    row.parameters = {name: text for name, text in new.parameters.items() if text.strip()}
    row.changed_at, row.changed_by = tx.now, actor
    return _keep(tx, keys, row, kept, decrypt_key)


def add_key(tx: Tx, keys: Keys, partner: Partner, key_id: str, text: str, actor: str) -> PartnerMapping:
    """Add a key that signs a platform's notifications, or replace the one with this id (lock the platform first).

    Raises NotFound `mapping_unknown`, Invalid `mapping_invalid`, Conflict `mapping_keys_full`.
    """
    row = mapping_of(tx, partner.name)
    mapping, before = read_mapping(row.document), credentials_of(keys, row)
    id_ = key_id.strip()
    if refused := text_fault(id_, MOST_WORD):
        raise Invalid("mapping_invalid", fields={"key_id": refused})
    if refused := _key_fault(mapping, id_, text, tx.now):
        raise Invalid("mapping_invalid", fields={"key": refused})
    if id_ not in before.keys and len(before.keys) >= MOST_KEYS:
        raise Conflict("mapping_keys_full", most=MOST_KEYS)
    row.changed_at, row.changed_by = tx.now, actor
    return _keep(tx, keys, row, {**before.keys, id_: text.strip()}, before.decrypt_key)


def end_key(tx: Tx, keys: Keys, partner: Partner, key_id: str, actor: str) -> PartnerMapping:
    """End a key; its signatures are refused from the next request on. Raises NotFound `mapping_unknown` and
    `partner_secret_unknown`, Conflict `partner_secret_last` for the last one."""
    row = mapping_of(tx, partner.name)
    before = credentials_of(keys, row)
    if key_id not in before.keys:
        raise NotFound("partner_secret_unknown")
    if len(before.keys) == 1:
        raise Conflict("partner_secret_last")
    rest = {id_: text for id_, text in before.keys.items() if id_ != key_id}
    row.changed_at, row.changed_by = tx.now, actor
    return _keep(tx, keys, row, rest, before.decrypt_key)


def read_mappings(db: Database, keys: Keys, names: Sequence[str]) -> list[Mapped]:
    """Return how the notifications of platforms are read, in the order of `names`, in one transaction."""
    with db.transaction() as tx:
        known = sorted({name for name in names if is_storable(name)})
        states = dict(tx.all(select(Partner.name, Partner.state).where(col(Partner.name).in_(known))))
        sending = [name for name, state in states.items() if state in SENDING]
        rows = {
            row.partner: row
            for row in tx.all(select(PartnerMapping).where(col(PartnerMapping.partner).in_(sending)))
        }
        return [_mapped(keys, rows.get(name), states.get(name, ""), tx.now) for name in names]


def credentials_of(keys: Keys, row: PartnerMapping) -> Credentials:
    """Return the keys and parameters with which notifications are verified and opened."""
    opened = json.loads(keys.unwrap_text(row.sealed_keys, context_of(row.partner)))
    return Credentials(opened["keys"], opened["decrypt_key"], row.parameters)


def _mapped(keys: Keys, row: PartnerMapping | None, state: str, now: datetime) -> Mapped:
    if row is None:
        return Mapped(None, Credentials({}), state, now)
    return Mapped(read_mapping(row.document), credentials_of(keys, row), state, now)


def _keep(tx: Tx, keys: Keys, row: PartnerMapping, own: Dictionary[str, str], decrypt_key: str) -> PartnerMapping:
    plain = json.dumps({"keys": dict(own), "decrypt_key": decrypt_key})
    row.sealed_keys = keys.wrap_text(plain, context_of(row.partner))
    return tx.add(row)


def _faults(mapping: Mapping, parameters: Dictionary[str, str], decrypt_key: str) -> dict[str, Fault]:
    known = {*mapping.parameters, *mapping.optional_parameters}
    faults = {f"parameters.{name}": fault("unknown_field") for name in parameters if name not in known}
    for name in sorted(known):
        text = parameters.get(name, "")
        if name in mapping.optional_parameters and not text.strip():
            continue
        refused = text_fault(text, MOST_WORD) or (None if parameter_words(text) else fault("required"))
        if refused:
            faults[f"parameters.{name}"] = refused
    if isinstance(mapping.verify, WechatPay) and len(decrypt_key.encode()) != _DECRYPT_KEY_BYTES:
        faults["decrypt_key"] = fault("length_out_of_range", least=_DECRYPT_KEY_BYTES, most=_DECRYPT_KEY_BYTES)
    return faults


def _key_fault(mapping: Mapping, key_id: str, text: str, now: datetime) -> Fault | None:
    if not text.strip():
        return fault("required")
    if len(text) > MOST_KEY:
        return fault("too_long", most=MOST_KEY)
    if isinstance(mapping.verify, WechatPay):
        serial = serial_of(text)
        if serial is not None and not same_serial(serial, key_id):
            return fault("serial_differs", serial=serial)
        return None if wechat_key(text, now) else fault("not_a_public_key")
    if isinstance(mapping.verify, Alipay):
        return None if alipay_key(text) else fault("not_a_public_key")
    return fault("length_out_of_range", least=LEAST_SECRET, most=MOST_KEY) if len(text) < LEAST_SECRET else None
