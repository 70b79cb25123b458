"""Between statements and Python: names for placeholders, lists as arrays, typed rows."""

import re
import struct
from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, is_dataclass
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

_NAMED = re.compile(r"(?<![:\w\\]):(\w+)\b(?!:)")


@lru_cache(5_000)  # more than there are statements in the code
def statement(sql: str) -> str:
    """Translate `:name` to the driver's placeholders. A literal colon is escaped with a backslash."""
    return _NAMED.sub(r"%(\1)s", sql.replace("%", "%%")).replace("\\:", ":")


def column_names(cursor: psycopg.Cursor[Any]) -> tuple[str, ...]:
    """Return the column names of a result. Reading the driver's description directly would create an object per
    column."""
    result = cursor.pgresult
    if result is None:
        return ()
    return tuple((result.fname(index) or b"").decode() for index in range(result.nfields))


@cache
def row_type_of(names: tuple[str, ...]) -> Callable[[Iterable[Any]], Any]:
    """Return a constructor of rows with these column names; of a repeated name only the first is kept."""
    return namedtuple("Row", names, rename=True)._make  # type: ignore[attr-defined, no-any-return]


@cache
def constructor(row_type: Any, columns: tuple[str, ...]) -> Callable[[Sequence[Any]], Any]:
    """Return a function that builds a `row_type` from a row with these columns, matched by name. Raises
    AssertionError when they differ."""
    make: Callable[[Iterable[Any]], Any]
    if is_dataclass(row_type):
        names, make = tuple(field.name for field in fields(row_type)), _from_dataclass(row_type)
    else:
        names, make = row_type._fields, row_type._make
    assert sorted(names) == sorted(columns), (
        f"{row_type.__name__} has the fields {', '.join(names)}, the statement the columns {', '.join(columns)}"
    )
    if names == columns:
        return make
    in_order = itemgetter(*(columns.index(name) for name in names))
    return lambda row: make(in_order(row))


def _from_dataclass(row_type: Any) -> Callable[[Iterable[Any]], Any]:
    return lambda row: row_type(*row)


# In JSON every backslash begins an escape; in an array literal only these two mean the same.
_OTHER_ESCAPE = re.compile(rb'\\[^"\\]')


class _UuidArray(NamedTuple):
    """A list of UUIDs as PostgreSQL receives it in binary form."""

    form: bytes


class _BytesArray(NamedTuple):
    form: bytes


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: _UuidArray | _BytesArray) -> bytes:
        return obj.form


class _UuidArrayDumper(_ArrayDumper):
    oid = psycopg.adapters.types["uuid"].array_oid


class _BytesArrayDumper(_ArrayDumper):
    oid = psycopg.adapters.types["bytea"].array_oid


psycopg.adapters.register_dumper(_UuidArray, _UuidArrayDumper)
psycopg.adapters.register_dumper(_BytesArray, _BytesArrayDumper)


def bound(values: dict[str, Any]) -> dict[str, Any]:
    """Convert lists to PostgreSQL arrays.

    The driver can do this too, but element by element in Python, which for a thousand rows costs more than the
    statement.
    """
    return {name: _array(value) if type(value) is list else value for name, value in values.items()}


def _array(items: list[Any]) -> Any:
    """Return a flat list as '{1,"two",null}', a list of UUIDs or bytes in binary form.

    JSON and array literals differ only in some escapes, also for times. What they do not share (control characters)
    is left to the driver.
    """
    first = next((type(item) for item in items if item is not None), None)
    if first is UUID and (form := _uuids(items)):
        return _UuidArray(form)
    if first is bytes:
        return _BytesArray(_HEADER.pack(1, None in items, _BYTES_OID, len(items), 1) + b"".join(map(_sized, items)))
    try:
        literal = orjson.dumps(items)
    except TypeError:
        return items
    other = b"\\" in literal and _OTHER_ESCAPE.search(literal.replace(b"\\\\", b""))
    return items if other else "{" + literal[1:-1].decode() + "}"


_HEADER = struct.Struct("!iiIii")  # dimensions, whether any is null, type, length, index of the first
_NULL = b"\xff\xff\xff\xff"  # a size of -1
_UUID_SIZE = b"\0\0\0\x10"
_UUID_OID = psycopg.adapters.types["uuid"].oid
_BYTES_OID = psycopg.adapters.types["bytea"].oid


def _uuids(items: list[Any]) -> bytes:
    """Return the binary form of a list of UUIDs; empty if one is missing.

    To look for None first would compare each UUID with it in Python, and `UUID.bytes` would be a call more.
    """
    try:
        parts = [item.int.to_bytes(16, "big") for item in items]
    except AttributeError:
        return b""
    return _HEADER.pack(1, 0, _UUID_OID, len(items), 1) + _UUID_SIZE + _UUID_SIZE.join(parts)


def _sized(item: bytes | None) -> bytes:
    return _NULL if item is None else len(item).to_bytes(4, "big") + item
