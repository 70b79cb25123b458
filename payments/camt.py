"""PURE. Read bank statements in ISO 20022 camt.053, of any version: several statements a file, reversals, batches,
references that are missing, entries that are not booked.

Elements go by their names in the schema; namespaces and what the engine does not go by are passed over.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import TypeAlias

from lxml import etree

from kernel.errors import Fault, Invalid, fault
from kernel.money import CURRENCY, MAX_MINOR
from kernel.tables import Layout, Row, Table
from payments.bank_lines import MOST_TEXT, BankFile, BankPart, StatedLine, reference_in

LAYOUT = Layout("camt.053", ())
_AMOUNT = re.compile(r"(\d{1,15})(?:\.(\d{1,2})0*)?", re.ASCII)
_SIGNS = {"CRDT": 1, "DBIT": -1}
_OPENING, _CLOSING = ("OPBD", "PRCD"), "CLBD"
_NOT_BOOKED = ("PDNG", "INFO", "FUTR")
_NO_REFERENCE = ("NOTPROVIDED", "NONREF", "")
_Element: TypeAlias = etree._Element


def is_xml(data: bytes) -> bool:
    """Whether a file is XML, and so no table."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def read_camt(data: bytes) -> BankFile:
    """Read all statements of a file. `faults` name the line and the element: `line 40.Stmt[1]/Ntry[3]/Amt`.

    Raises Invalid `import_invalid` for what is no XML, has a document type, or holds no statement.
    """
    statements = list(_children(_root(data), "Stmt"))
    if not statements:
        raise Invalid("import_invalid", fields={"line 1": fault("no_bank_statement")})
    reader = _Reader()
    for nth, statement in enumerate(statements, 1):
        reader.read(statement, f"Stmt[{nth}]")
    rows = tuple(Row(number, {}) for number, _ in reader.lines)
    table = Table(LAYOUT, "xml", rows, reader.faults, len(reader.pending))
    return BankFile(table, reader.lines, reader.faults, reader.pending)


def _root(data: bytes) -> _Element:
    # Entities are never resolved, nothing is loaded, and what would grow beyond the library's bounds is refused.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Invalid("import_invalid", fields={f"line {error.lineno or 1}": fault("unreadable")}) from error
    if root.getroottree().docinfo.doctype:
        raise Invalid("import_invalid", fields={"line 1": fault("document_type")})
    message = _child(root, "BkToCstmrStmt")
    return root if message is None else message


class _Reader:
    """Collects the lines of statements, and what is wrong with them."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, StatedLine]] = []
        self.faults: dict[str, Fault] = {}
        self.pending: list[int] = []
        self._statements: set[tuple[str, str]] = set()
        self._known: dict[tuple[str, str], StatedLine] = {}

    def read(self, statement: _Element, place: str) -> None:
        """Read one statement: account, entries, and whether they lead from its first to its last balance."""
        account = self._text(statement, place, "Acct/Id/IBAN", "Acct/Id/Othr/Id")
        name = self._text(statement, place, "Id")
        if (account, name) in self._statements:
            self._refuse(statement, f"{place}/Id", fault("taken"))
        self._statements.add((account, name))
        entries = _Entries(self, account, name)
        moved_minor = sum(
            entries.read(entry, f"{place}/Ntry[{nth}]") for nth, entry in enumerate(_children(statement, "Ntry"), 1)
        )
        self._check_balances(statement, place, moved_minor)

    def _check_balances(self, statement: _Element, place: str, moved_minor: int) -> None:
        balances: dict[str, tuple[_Element, int]] = {}
        for nth, balance in enumerate(_children(statement, "Bal"), 1):
            code = _text_at(balance, "Tp/CdOrPrtry/Cd")
            if code in (*_OPENING, _CLOSING):
                balances.setdefault(code, (balance, self.signed(balance, f"{place}/Bal[{nth}]")))
        opening = next((balances[code] for code in _OPENING if code in balances), None)
        closing = balances.get(_CLOSING)
        if opening is None or closing is None or self.faults:
            return
        expected = opening[1] + moved_minor
        if expected != closing[1]:
            off = fault("balance_off", expected_minor=expected, stated_minor=closing[1])
            self._refuse(closing[0], f"{place}/Bal", off)

    def add(self, entry: _Element, place: str, line: StatedLine) -> None:
        """Keep a line, once: statements of a file may overlap."""
        known = self._known.setdefault((line.account, line.line_id), line)
        if known is line:
            self.lines.append((entry.sourceline or 1, line))
        elif (known.amount_minor, known.booked_on) != (line.amount_minor, line.booked_on):
            self._refuse(entry, f"{place}/AcctSvcrRef", fault("taken"))

    def signed(self, element: _Element, place: str) -> int:
        """The amount of an entry, payment or balance in fen; below zero for what left the account."""
        sign = _SIGNS.get(_text_at(element, "CdtDbtInd"))
        if sign is None:
            self._refuse(element, f"{place}/CdtDbtInd", fault("not_one_of", options=list(_SIGNS)))
        return (sign or 1) * self.amount(element, place, "Amt")

    def amount(self, element: _Element, place: str, path: str) -> int:
        amount = _at(element, path)
        match = _AMOUNT.fullmatch((amount.text or "").strip()) if amount is not None else None
        if amount is None or match is None:
            self._refuse(element if amount is None else amount, f"{place}/{path}", fault("not_an_amount"))
            return 0
        if amount.get("Ccy", CURRENCY) != CURRENCY:
            self._refuse(amount, f"{place}/{path}", fault("currency_unsupported", currency=CURRENCY))
        minor = int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))
        if minor > MAX_MINOR:
            self._refuse(amount, f"{place}/{path}", fault("amount_too_large", most_minor=MAX_MINOR))
        return minor

    def day(self, element: _Element, place: str, name: str) -> date | None:
        """The day of `BookgDt` or `ValDt`, which have a date or a time."""
        text = _text_at(element, f"{name}/Dt", f"{name}/DtTm")
        try:
            return date.fromisoformat(text[:10]) if text else None
        except ValueError:
            self._refuse(element, f"{place}/{name}", fault("not_a_date"))
            return None

    def _text(self, element: _Element, place: str, *paths: str) -> str:
        text = _text_at(element, *paths)
        if not text:
            self._refuse(element, f"{place}/{paths[0]}", fault("required"))
        elif len(text) > MOST_TEXT:
            self._refuse(element, f"{place}/{paths[0]}", fault("too_long", most=MOST_TEXT))
        return text

    def _refuse(self, element: _Element, place: str, why: Fault) -> None:
        self.faults.setdefault(f"line {element.sourceline or 1}.{place}", why)

    refuse = _refuse


class _Entries:
    """Reads the entries of one statement."""

    def __init__(self, reader: _Reader, account: str, statement: str) -> None:
        self.reader, self.account, self.statement = reader, account, statement
        self._references: Counter[str] = Counter()
        self._nth = 0

    def read(self, entry: _Element, place: str) -> int:
        """Read one entry and return what it moved in fen; nothing for one that is not booked."""
        reader = self.reader
        self._nth += 1
        status = _text_at(entry, "Sts/Cd", "Sts")
        if status in _NOT_BOOKED:
            reader.pending.append(entry.sourceline or 1)
            return 0
        if status != "BOOK":
            reader.refuse(entry, f"{place}/Sts", fault("not_one_of", options=["BOOK", *_NOT_BOOKED]))
        faults = len(reader.faults)
        amount_minor = reader.signed(entry, place)
        booked_on = reader.day(entry, place, "BookgDt")
        valued_on = reader.day(entry, place, "ValDt")
        if not amount_minor:
            return 0
        if booked_on is None and valued_on is None:
            reader.refuse(entry, f"{place}/BookgDt", fault("required"))
        parts = self._parts(entry, place, amount_minor)
        if len(reader.faults) > faults:
            return amount_minor
        reversal = _text_at(entry, "RvslInd") in ("true", "1")
        line = StatedLine(
            account=self.account,
            statement=self.statement,
            line_id=self._line_id(entry, reversal),
            booked_on=booked_on or valued_on,  # type: ignore[arg-type]
            valued_on=valued_on or booked_on,  # type: ignore[arg-type]
            amount_minor=amount_minor,
            currency=CURRENCY,
            reference=_reference(entry),
            reversal=reversal,
            payments=max(len(parts), _batch(entry), 1),
            is_fee=_is_fee(entry),
            parts=parts,
        )
        reader.add(entry, place, line)
        return amount_minor

    def _line_id(self, entry: _Element, reversal: bool) -> str:
        """What names the line at the bank. A reversal has the reference of what it takes back; some banks give the
        lines of one payment the same; without any the place in the statement has to do."""
        reference = _text_at(entry, "AcctSvcrRef", "NtryRef")[:MOST_TEXT] or f"{self.statement}#{self._nth}"
        reference += "/reversal" if reversal else ""
        self._references[reference] += 1
        nth = self._references[reference]
        return reference if nth == 1 else f"{reference}:{nth}"

    def _parts(self, entry: _Element, place: str, amount_minor: int) -> tuple[BankPart, ...]:
        """The payments of a batch, where they are listed; their amounts must add up to the entry's."""
        payments = [part for details in _children(entry, "NtryDtls") for part in _children(details, "TxDtls")]
        if len(payments) < 2:
            return ()
        sign = 1 if amount_minor >= 0 else -1
        parts = []
        for nth, payment in enumerate(payments, 1):
            path = "Amt" if _at(payment, "Amt") is not None else "AmtDtls/TxAmt/Amt"
            inside = f"{place}/TxDtls[{nth}]"
            parts.append(BankPart(sign * self.reader.amount(payment, inside, path), _reference_of(payment)))
        total = sum(part.amount_minor for part in parts)
        if total != amount_minor:
            off = fault("parts_differ", parts_minor=total, line_minor=amount_minor)
            self.reader.refuse(entry, f"{place}/NtryDtls", off)
        return tuple(parts)


def _is_fee(entry: _Element) -> bool:
    """Whether the bank's code of the entry is one of its own charges."""
    code = _at(entry, "BkTxCd/Domn/Fmly")
    return code is not None and "CHRG" in (_text_at(code, "Cd"), _text_at(code, "SubFmlyCd"))


def _batch(entry: _Element) -> int:
    """How many payments a batch says that it has; 0 when it does not."""
    text = _text_at(entry, "NtryDtls/Btch/NbOfTxs")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _reference(entry: _Element) -> str:
    payments = [part for details in _children(entry, "NtryDtls") for part in _children(details, "TxDtls")]
    batch = _text_at(entry, "NtryDtls/Btch/PmtInfId", "NtryDtls/Btch/MsgId")
    if batch or len(payments) > 1:
        return batch[:MOST_TEXT] or reference_in(_text_at(entry, "AddtlNtryInf"))
    stated = _reference_of(payments[0]) if payments else ""
    return stated or reference_in(_text_at(entry, "AddtlNtryInf"))


def _reference_of(payment: _Element) -> str:
    """What names a payment for who made it: its reference, else what its text holds of that form."""
    for path in ("Refs/EndToEndId", "RmtInf/Strd/CdtrRefInf/Ref", "Refs/InstrId", "Refs/PmtInfId"):
        if (text := _text_at(payment, path)) not in _NO_REFERENCE:
            return text[:MOST_TEXT]
    return reference_in(_text_at(payment, "RmtInf/Ustrd"), _text_at(payment, "AddtlTxInf"))


def _children(element: _Element, name: str) -> Iterator[_Element]:
    return (child for child in element if isinstance(child.tag, str) and etree.QName(child).localname == name)


def _child(element: _Element, name: str) -> _Element | None:
    return next(_children(element, name), None)


def _at(element: _Element, path: str) -> _Element | None:
    step: _Element | None = element
    for name in path.split("/"):
        if step is None:
            return None
        step = _child(step, name)
    return step


def _text_at(element: _Element, *paths: str) -> str:
    """The text at the first of these paths that has some."""
    for path in paths:
        place = _at(element, path)
        if place is not None and (text := (place.text or "").strip()):
            return text
    return ""
