"""PURE. Read the elements of a camt.053 by their names in the schema."""

from typing import TypeAlias

from lxml import etree

from payments.bank.bank_lines import MOST_TEXT, reference_in
from payments.bank.xml_file import at, children, text_at

_NO_REFERENCE = ("NOTPROVIDED", "NONREF", "")
_Element: TypeAlias = etree._Element


def is_fee(entry: _Element) -> bool:
    """Return whether the bank's code of the entry is one of its own charges."""
    code = at(entry, "BkTxCd/Domn/Fmly")
    return code is not None and "CHRG" in (text_at(code, "Cd"), text_at(code, "SubFmlyCd"))


def payment_count(entry: _Element) -> int:
    """Return the number of payments that a batch states; 0 if it states none."""
    text = text_at(entry, "NtryDtls/Btch/NbOfTxs")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def entry_reference(entry: _Element) -> str:
    """Return the reference that identifies the payments of an entry."""
    payments = [part for details in children(entry, "NtryDtls") for part in children(details, "TxDtls")]
    batch = text_at(entry, "NtryDtls/Btch/PmtInfId", "NtryDtls/Btch/MsgId")
    if batch or len(payments) > 1:
        return batch[:MOST_TEXT] or reference_in(text_at(entry, "AddtlNtryInf"))
    stated = payment_reference(payments[0]) if payments else ""
    return stated or reference_in(text_at(entry, "AddtlNtryInf"))


def payment_reference(payment: _Element) -> str:
    """Return the reference that the payer gave a payment, else the first one found in its text."""
    for path in ("Refs/EndToEndId", "RmtInf/Strd/CdtrRefInf/Ref", "Refs/InstrId", "Refs/PmtInfId"):
        if (text := text_at(payment, path)) not in _NO_REFERENCE:
            return text[:MOST_TEXT]
    return reference_in(text_at(payment, "RmtInf/Ustrd"), text_at(payment, "AddtlTxInf"))
