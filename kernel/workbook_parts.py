"""PURE. Read the parts of a workbook element by element, without a tree of them: what is small when it is packed
may hold millions of elements. Names, attributes and depth are bounded as well.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Protocol
from xml.parsers.expat import ParserCreate

MOST_COLUMNS = 200  # our defaults: above what programs write, below what costs memory
MOST_MARKS = 8_000_000  # starts and ends of elements: two million cells
MOST_TEXTS = 2_000_000
MOST_KEPT = 100_000  # styles
_MOST_DEPTH, _MOST_NAMES, _MOST_NAMESPACES = 100, 2_000, 10_000
_LONG = re.compile(rb"<[^<]{262144}")  # bytes of an element's start and text: no cell has more, nor do attributes
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main "
_ROW, _CELL, _VALUE, _INLINE = f"{_SHEET}row", f"{_SHEET}c", f"{_SHEET}v", f"{_SHEET}is"
_ITEM, _TEXT, _PHONETIC = f"{_SHEET}si", f"{_SHEET}t", f"{_SHEET}rPh"
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


class TooMuch(Exception):
    """More than any workbook has that programs write."""


class Part(Protocol):
    """Takes the elements of a part as they come; names are the namespace, a space, and the local name."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, text: str) -> None: ...


def read_part(content: bytes, part: Part) -> None:
    """Read the XML of a part, in UTF-8. Raises ExpatError, TooMuch, and what `part` raises."""
    if content.count(b"<") > MOST_MARKS or _LONG.search(content):
        raise TooMuch
    names: dict[str, str] = {}
    parser = ParserCreate("utf-8", " ", names)
    bounds = _Bounds(part, names)
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = bounds.start, bounds.end
    parser.CharacterDataHandler = part.text
    parser.StartNamespaceDeclHandler = bounds.namespace
    parser.StartDoctypeDeclHandler = _refuse
    parser.Parse(content, True)


def _refuse(*_: Any) -> NoReturn:
    raise TooMuch


class _Bounds:
    """Counts depth, names and namespaces: the parser keeps all of them."""

    def __init__(self, part: Part, names: Mapping[str, str]) -> None:
        self._start, self._end, self._names = part.start, part.end, names
        self._depth = self._namespaces = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _MOST_DEPTH or len(self._names) > _MOST_NAMES:
            raise TooMuch
        self._start(name, attributes)

    def end(self, name: str) -> None:
        self._depth -= 1
        self._end(name)

    def namespace(self, _prefix: str | None, _address: str | None) -> None:
        self._namespaces += 1
        if self._namespaces > _MOST_NAMESPACES:
            raise TooMuch


class Elements:
    """Keeps the attributes of elements, by their local names, or those of their parent and themselves (`a/b`)."""

    def __init__(self, *names: str) -> None:
        self.of: Mapping[str, list[dict[str, str]]] = {name: [] for name in names}
        self._above = [""]
        self._kept = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Keep the attributes of one that is wanted."""
        local = name.rpartition(" ")[2]
        kept = self.of.get(local, self.of.get(f"{self._above[-1]}/{local}"))
        self._above.append(local)
        if kept is not None:
            self._kept += 1
            if self._kept > MOST_KEPT:
                raise TooMuch
            kept.append(attributes)

    def end(self, _name: str) -> None:
        """Leave an element."""
        self._above.pop()

    def text(self, text: str) -> None:
        """Pass over texts."""


class _Written:
    """Collects the text of an item, without the phonetic guides that East Asian programs store with it."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._reads = self._in_phonetic = False

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        if name == _PHONETIC:
            self._in_phonetic = True
        elif name == _TEXT:
            self._reads = not self._in_phonetic

    def end(self, name: str) -> None:
        if name == _PHONETIC:
            self._in_phonetic = False
        elif name == _TEXT:
            self._reads = False

    def text(self, text: str) -> None:
        """Take a text that is one of the item's."""
        if self._reads:
            self._parts.append(text)

    def taken(self) -> str:
        """Return the text, and begin anew."""
        parts, self._parts = self._parts, []
        return "".join(parts)


class Texts(_Written):
    """Keeps the texts that cells share."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def end(self, name: str) -> None:
        """Leave an element; keep the text of an item."""
        super().end(name)
        if name == _ITEM:
            if len(self.texts) == MOST_TEXTS:
                raise TooMuch
            self.texts.append(self.taken())


class Rows(_Written):
    """Hands on each row of a sheet: its number, and its cells, each as `shown(kind, style, value)`."""

    def __init__(self, shown: Callable[[str, int, str], str], row: Callable[[int, list[str]], None]) -> None:
        super().__init__()
        self._shown, self._row = shown, row
        self._number = 0
        self._cells: list[str] = []
        self._cell: dict[str, str] = {}
        self._in_inline = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Enter an element."""
        if name == _CELL:
            self._cell = attributes
        elif name == _VALUE:
            self._reads = self._cell.get("t") != "inlineStr"
        elif name == _ROW:
            self._number = int(attributes.get("r") or self._number + 1)
            self._cells = []
        elif name == _INLINE:
            self._in_inline = self._cell.get("t") == "inlineStr"
        elif self._in_inline:
            super().start(name, attributes)

    def end(self, name: str) -> None:
        """Leave an element; hand on a row."""
        if name == _VALUE:
            self._reads = False
        elif name == _CELL:
            self._place(self.taken())
        elif name == _ROW:
            self._row(self._number, self._cells)
            self._cells = []
        elif name == _INLINE:
            self._in_inline = False
        elif self._in_inline:
            super().end(name)

    def _place(self, value: str) -> None:
        place = _column(self._cell.get("r", ""), len(self._cells))
        if not len(self._cells) <= place < MOST_COLUMNS:
            raise TooMuch
        self._cells += [""] * (place - len(self._cells))
        self._cells.append(self._shown(self._cell.get("t", "n"), int(self._cell.get("s", "0")), value))


def _column(reference: str, following: int) -> int:
    match = _PLACE.fullmatch(reference)
    if match is None:
        return following
    number = 0
    for letter in match[1]:
        number = number * 26 + ord(letter) - 64
    return number - 1
