"""PURE. Read bank statements in ISO 20022 camt.053, any version. This covers several statements per file,
reversals, batches, missing references, and entries that are not booked.

Elements are matched by their names in the schema; namespaces and elements that the engine does not use are ignored.
A file is read entry by entry, which relies on a statement's account and number preceding its entries (ISO 20022).
"""

from collections import Counter
from datetime import date
from typing import TypeAlias

from lxml import etree

from kernel.errors import fault
from kernel.money import CURRENCY
from kernel.tables import Layout, Row, Table
from payments.bank.bank_lines import MOST_TEXT, BankFile, BankPart, StatedLine
from payments.bank.camt_elements import entry_reference, is_fee, payment_count, payment_reference
from payments.bank.xml_file import (
    MessageReader,
    at,
    children,
    drop,
    elements,
    is_below,
    local_name,
    refused,
    text_at,
)

LAYOUT = Layout("camt.053", ())
MOST_ENTRIES = 40_000  # our default, above any file of 8 MiB from a bank: an entry takes at least 250 bytes
_SIGNS = {"CRDT": 1, "DBIT": -1}
_OPENING, _CLOSING = ("OPBD", "PRCD"), "CLBD"
_NOT_BOOKED = ("PDNG", "INFO", "FUTR")
_Element: TypeAlias = etree._Element


def is_xml(data: bytes) -> bool:
    """Return whether a file is XML rather than a table."""
    utf_16 = data.startswith((b"\xff\xfe<\0", b"\xfe\xff\0<"))
    return utf_16 or data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def read_camt(data: bytes) -> BankFile:
    """Read all statements of a file. `faults` name the line and the element: `line 40.Stmt[1]/Ntry[3]/Amt`.

    Raises Invalid `import_invalid` if the file is not XML, has a document type, holds no statement, or has more
    than `MOST_ENTRIES` or `MOST_ELEMENTS`.
    """
    reader = _Reader()
    _read_entries(data, reader)
    if not reader.statements:
        raise refused(1, fault("no_bank_statement"))
    rows = tuple(Row(number, {}) for number, _ in reader.lines)
    table = Table(LAYOUT, "xml", rows, reader.faults, len(reader.pending))
    return BankFile(table, reader.lines, reader.faults, reader.pending)


def _read_entries(data: bytes, reader: "_Reader") -> None:
    """Parse a file incrementally, and drop each entry once it is read."""
    for event, element in elements(data):
        if event == "start":
            continue
        name = local_name(element)
        if name == "Ntry" and _is_statement(element.getparent()):
            reader.read_entry(element)
            drop(element)
        elif name == "Stmt" and _is_statement(element):
            reader.end(element)


def _is_statement(element: _Element | None) -> bool:
    """Return whether an element is a statement of the file's message."""
    return element is not None and local_name(element) == "Stmt" and is_below(element, "BkToCstmrStmt")


class _Reader(MessageReader):
    """Collects the lines of statements and their faults."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[int, StatedLine]] = []
        self.pending: list[int] = []
        self.statements = 0
        self._names: set[tuple[str, str]] = set()
        self._entries: _Entries | None = None  # of the statement being read
        self._nth = 0
        self._known: dict[tuple[str, str], StatedLine] = {}

    def read_entry(self, entry: _Element) -> None:
        """Read one entry of its statement."""
        self._nth += 1
        if self._nth > MOST_ENTRIES:
            raise refused(entry.sourceline, fault("too_many_rows", most=MOST_ENTRIES))
        statement = entry.getparent()
        assert statement is not None
        self._begun(statement).read(entry)

    def end(self, statement: _Element) -> None:
        """End a statement, and check that its entries lead from its opening to its closing balance."""
        entries = self._begun(statement)
        self._check_balances(statement, entries.place, entries.moved_minor)
        self._entries = None

    def _begun(self, statement: _Element) -> "_Entries":
        """Return the entries of a statement. Its account and number are read before its first entry."""
        if self._entries is None:
            self.statements += 1
            place = f"Stmt[{self.statements}]"
            account = self.required_text(statement, place, "Acct/Id/IBAN", "Acct/Id/Othr/Id")
            name = self.required_text(statement, place, "Id")
            if (account, name) in self._names:
                self.refuse(statement, f"{place}/Id", fault("repeated"))
            self._names.add((account, name))
            self._entries = _Entries(self, account, name, place)
        return self._entries

    def _check_balances(self, statement: _Element, place: str, moved_minor: int) -> None:
        balances: dict[str, tuple[_Element, int]] = {}
        for nth, balance in enumerate(children(statement, "Bal"), 1):
            code = text_at(balance, "Tp/CdOrPrtry/Cd")
            if code in (*_OPENING, _CLOSING):
                balances.setdefault(code, (balance, self.signed(balance, f"{place}/Bal[{nth}]")))
        opening = next((balances[code] for code in _OPENING if code in balances), None)
        closing = balances.get(_CLOSING)
        if opening is None or closing is None or self.faults:
            return
        expected = opening[1] + moved_minor
        if expected != closing[1]:
            off = fault("balance_off", expected_minor=expected, stated_minor=closing[1])
            self.refuse(closing[0], f"{place}/Bal", off)

    def add(self, entry: _Element, place: str, line: StatedLine) -> None:
        """Keep a line once, because statements of a file may overlap."""
        known = self._known.setdefault((line.account, line.line_id), line)
        if known is line:
            self.lines.append((entry.sourceline or 1, line))
        elif (known.amount_minor, known.booked_on) != (line.amount_minor, line.booked_on):
            self.refuse(entry, f"{place}/AcctSvcrRef", fault("repeated"))

    def signed(self, element: _Element, place: str) -> int:
        """Return the amount of an entry, payment or balance in fen; negative for outgoing money."""
        sign = _SIGNS.get(text_at(element, "CdtDbtInd"))
        if sign is None:
            self.refuse(element, f"{place}/CdtDbtInd", fault("not_one_of", options=list(_SIGNS)))
        return (sign or 1) * self.amount(element, place, "Amt")

    def amount(self, element: _Element, place: str, path: str) -> int:
        amount = at(element, path)
        if amount is None:
            self.refuse(element, f"{place}/{path}", fault("not_an_amount"))
            return 0
        return self.fen(amount, f"{place}/{path}") or 0

    def day(self, element: _Element, place: str, name: str) -> date | None:
        """Return the day of `BookgDt` or `ValDt`, which hold a date or a time."""
        text = text_at(element, f"{name}/Dt", f"{name}/DtTm")
        try:
            return date.fromisoformat(text[:10]) if text else None
        except ValueError:
            self.refuse(element, f"{place}/{name}", fault("not_a_date"))
            return None


class _Entries:
    """Reads the entries of one statement."""

    def __init__(self, reader: _Reader, account: str, statement: str, place: str) -> None:
        self.reader, self.account, self.statement, self.place = reader, account, statement, place
        self.moved_minor = 0
        self._references: Counter[str] = Counter()
        self._nth = 0

    def read(self, entry: _Element) -> None:
        """Read one entry."""
        self._nth += 1
        self.moved_minor += self._moved(entry, f"{self.place}/Ntry[{self._nth}]")

    def _moved(self, entry: _Element, place: str) -> int:
        """Keep the line of an entry and return the amount it moved in fen; 0 if the entry is not booked."""
        reader = self.reader
        status = text_at(entry, "Sts/Cd", "Sts")
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
        reversal = text_at(entry, "RvslInd") in ("true", "1")
        line = StatedLine(
            account=self.account,
            statement=self.statement,
            line_id=self._line_id(entry, reversal),
            booked_on=booked_on or valued_on,  # type: ignore[arg-type]
            valued_on=valued_on or booked_on,  # type: ignore[arg-type]
            amount_minor=amount_minor,
            currency=CURRENCY,
            reference=entry_reference(entry),
            reversal=reversal,
            payments=max(len(parts), payment_count(entry), 1),
            is_fee=is_fee(entry),
            parts=parts,
        )
        reader.add(entry, place, line)
        return amount_minor

    def _line_id(self, entry: _Element, reversal: bool) -> str:
        """Return the bank's id of the line. A reversal has the reference of the line that it reverses, and some
        banks give all lines of a payment the same one. A line without a reference gets its position in the
        statement."""
        reference = text_at(entry, "AcctSvcrRef", "NtryRef")[:MOST_TEXT] or f"{self.statement}#{self._nth}"
        reference += "/reversal" if reversal else ""
        self._references[reference] += 1
        nth = self._references[reference]
        return reference if nth == 1 else f"{reference}:{nth}"

    def _parts(self, entry: _Element, place: str, amount_minor: int) -> tuple[BankPart, ...]:
        """Return the payments of a batch, if they are listed. Their amounts must add up to the entry's."""
        payments = [part for details in children(entry, "NtryDtls") for part in children(details, "TxDtls")]
        if len(payments) < 2:
            return ()
        sign = 1 if amount_minor >= 0 else -1
        parts = []
        for nth, payment in enumerate(payments, 1):
            path = "Amt" if at(payment, "Amt") is not None else "AmtDtls/TxAmt/Amt"
            inside = f"{place}/TxDtls[{nth}]"
            parts.append(BankPart(sign * self.reader.amount(payment, inside, path), payment_reference(payment)))
        total = sum(part.amount_minor for part in parts)
        if total != amount_minor:
            off = fault("parts_differ", parts_minor=total, line_minor=amount_minor)
            self.reader.refuse(entry, f"{place}/NtryDtls", off)
        return tuple(parts)
