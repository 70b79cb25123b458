"""The merchant keys with which the bills of platforms are fetched; sealed at rest, and never shown again."""

from datetime import date, timedelta
from typing import Any, NamedTuple

from wechatpayv3.utils import load_private_key

from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.keys import Keys
from kernel.text import is_storable, text_fault
from payments.bills.bill_sources import BillSource, kinds_of
from payments.mappings.document import WechatPay, read_mapping
from payments.mappings.mapping_models import BillAccount
from payments.mappings.partner_mappings import MOST_KEY, MOST_WORD, credentials_of, mapping_of
from payments.mappings.public_keys import LEAST_BITS
from payments.models import Partner

MOST_DAYS_BACK = 31  # our default; WeChat Pay keeps bills for three months, Alipay keeps them longer


class NewAccount(NamedTuple):
    """A key as entered by a manager."""

    key_id: str
    private_key: str
    since: date


def context_of(name: str) -> str:
    """Return the context to which the sealed key of a platform's account is bound."""
    return f"bill account\x1f{name}"


def account_of(tx: Tx, name: str) -> BillAccount:
    """Return the account with which a platform's bills are fetched. Raises NotFound `bill_account_unknown`."""
    row = tx.get(BillAccount, name) if is_storable(name) else None
    if row is None:
        raise NotFound("bill_account_unknown")
    return row


def set_account(tx: Tx, keys: Keys, partner: Partner, new: NewAccount, actor: str) -> BillAccount:
    """Set the key with which a platform's bills are fetched, and the first day to fetch (lock the platform first).

    Raises NotFound `mapping_unknown`, Conflict `bill_fetch_unsupported` for a format whose bills cannot be fetched,
    Invalid `bill_account_invalid` that names every wrong field.
    """
    scheme = read_mapping(mapping_of(tx, partner.name).document).verify
    if not kinds_of(scheme.scheme):
        raise Conflict("bill_fetch_unsupported")
    if faults := _faults(scheme, new, local_day(tx.now)):
        raise Invalid("bill_account_invalid", fields=faults)
    row = tx.get(BillAccount, partner.name) or BillAccount(
        partner=partner.name, key_id="", sealed_key="", since=new.since, changed_at=tx.now, changed_by=actor
    )
    row.key_id, row.since = new.key_id.strip(), new.since
    row.sealed_key = keys.wrap_text(new.private_key.strip(), context_of(partner.name))
    row.changed_at, row.changed_by = tx.now, actor
    return tx.add(row)


def end_account(tx: Tx, partner: Partner) -> None:
    """Delete the key, so that no more bills of the platform are fetched. Raises NotFound `bill_account_unknown`."""
    tx.session.delete(account_of(tx, partner.name))


def source_of(tx: Tx, keys: Keys, name: str) -> BillSource:
    """Return where a platform's bills are fetched and with which keys. Raises NotFound `bill_account_unknown` and
    `mapping_unknown`."""
    account, row = account_of(tx, name), mapping_of(tx, name)
    return BillSource(
        read_mapping(row.document).verify.scheme,
        credentials_of(keys, row),
        account.key_id,
        keys.unwrap_text(account.sealed_key, context_of(name)),
    )


def _faults(scheme: Any, new: NewAccount, today: date) -> dict[str, Fault]:
    faults = {}
    if isinstance(scheme, WechatPay) and (refused := text_fault(new.key_id.strip(), MOST_WORD)):
        faults["key_id"] = refused
    if not is_storable(new.private_key) or len(new.private_key) > MOST_KEY or not _is_strong(new.private_key):
        faults["private_key"] = fault("not_a_private_key")
    if not today - timedelta(days=MOST_DAYS_BACK) <= new.since <= today + timedelta(days=MOST_DAYS_BACK):
        faults["since"] = fault("time_out_of_range")
    return faults


def _is_strong(text: str) -> bool:
    try:
        key = load_private_key(text.strip())
    except Exception:  # the library raises nothing narrower
        return False
    return getattr(key, "key_size", 0) >= LEAST_BITS
