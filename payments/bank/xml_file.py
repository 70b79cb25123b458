"""PURE. Parse XML messages from outside, element by element. Entities are never resolved, nothing is loaded, and
input beyond the limits is refused."""

import io
import re
from collections.abc import Iterator
from typing import TypeAlias

from lxml import etree

from kernel.errors import Fault, Invalid, fault
from kernel.money import CURRENCY, MAX_MINOR
from payments.bank.bank_lines import MOST_TEXT

# Our default, above any file of 8 MiB from a bank: an element takes at least 20 bytes.
MOST_ELEMENTS = 500_000
_AMOUNT = re.compile(r"(\d{1,15})(?:\.(\d{1,2})0*)?", re.ASCII)
_Element: TypeAlias = etree._Element


def elements(data: bytes) -> Iterator[tuple[str, _Element]]:
    """Yield each element of a file when it starts (`start`) and when it is complete (`end`).

    Raises Invalid `import_invalid` if the file is empty or not XML, has a document type, or more than
    `MOST_ELEMENTS`.
    """
    if not data.strip():
        raise Invalid("import_invalid", fields={"file": fault("no_rows")})
    count = 0
    safe = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
    parser = etree.iterparse(io.BytesIO(data), events=("start", "end"), **safe)
    try:
        for event, element in parser:
            if event == "start":
                count += 1
                if count == 1 and element.getroottree().docinfo.doctype:
                    raise refused(1, fault("document_type"))
                if count > MOST_ELEMENTS:
                    raise refused(element.sourceline, fault("too_many_values", most=MOST_ELEMENTS))
            yield event, element
    except etree.XMLSyntaxError as error:
        line = error.lineno or next((entry.line for entry in parser.error_log), 1)  # 0 for an unknown entity
        raise refused(line, fault("unreadable")) from error


def local_name(element: _Element) -> str:
    """Return the name of an element without its namespace."""
    name: str = element.tag.rpartition("}")[2]
    return name


def is_below(element: _Element, message: str) -> bool:
    """Return whether an element is a part of a message of this name that is the root, or directly below it."""
    above = element.getparent()
    if above is None:
        return False
    top = above.getparent()
    return top is None or (local_name(above) == message and top.getparent() is None)


def drop(element: _Element) -> None:
    """Free an element that was read. The parser still needs the element itself, but none of its name before it."""
    element.clear()
    before, above = element.getprevious(), element.getparent()
    if before is not None and above is not None and before.tag == element.tag:
        above.remove(before)


def refused(line: int | None, why: Fault) -> Invalid:
    """Return the refusal of a whole file."""
    return Invalid("import_invalid", fields={f"line {line or 1}": why})


def fen_of(text: str) -> int | None:
    """Return an amount in yuan as fen, None if it is not one. Zeros may follow the second decimal."""
    match = _AMOUNT.fullmatch(text.strip())
    return int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0")) if match else None


def children(element: _Element, name: str) -> Iterator[_Element]:
    """Yield the children with a name, in any namespace."""
    named: Iterator[_Element] = element.iterchildren(f"{{*}}{name}")
    return named


def child(element: _Element, name: str) -> _Element | None:
    """Return the first child with a name."""
    return next(children(element, name), None)


def at(element: _Element, path: str) -> _Element | None:
    """Return the first element at a path."""
    step: _Element | None = element
    for name in path.split("/"):
        if step is None:
            return None
        step = child(step, name)
    return step


def text_at(element: _Element, *paths: str) -> str:
    """Return the text at the first of these paths that has any."""
    for path in paths:
        place = at(element, path)
        if place is not None and (text := (place.text or "").strip()):
            return text
    return ""


class MessageReader:
    """Collects the faults of a message by line and element: `line 40.Stmt[1]/Ntry[3]/Amt`."""

    def __init__(self) -> None:
        self.faults: dict[str, Fault] = {}

    def refuse(self, element: _Element, place: str, why: Fault) -> None:
        """Keep a fault. The first one of a place counts."""
        self.faults.setdefault(f"line {element.sourceline or 1}.{place}", why)

    def required_text(self, element: _Element, place: str, *paths: str) -> str:
        """Return the text at the first of these paths that has any; none, or a too long one, is a fault."""
        text = text_at(element, *paths)
        if not text:
            self.refuse(element, f"{place}/{paths[0]}", fault("required"))
        elif len(text) > MOST_TEXT:
            self.refuse(element, f"{place}/{paths[0]}", fault("too_long", most=MOST_TEXT))
        return text

    def fen(self, amount: _Element, place: str) -> int | None:
        """Return an amount in fen, None if it is not one. Another currency and a too large amount are faults."""
        minor = fen_of(amount.text or "")
        if minor is None:
            self.refuse(amount, place, fault("not_an_amount"))
        elif amount.get("Ccy", CURRENCY) != CURRENCY:
            self.refuse(amount, place, fault("currency_unsupported", currency=CURRENCY))
        elif minor > MAX_MINOR:
            self.refuse(amount, place, fault("amount_too_large", most_minor=MAX_MINOR))
        return minor
