"""Bulk statements for hot paths: one statement per batch, built from a model's columns, with values bound as
arrays.

A list holds one value per row; any other value applies to all rows. ADR 5 lists the files that may use this, and
why.
"""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Column, Dialect, Table
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

from kernel.db import Row, Tx

_DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
# From this many rows on, a value that all rows share is sent and read once. Below, the further statements that this
# makes would cost more than it saves.
_MANY = 100
_STATEMENTS = 1_000  # the most that are kept: one for each set of shared columns


class Rows(NamedTuple):
    """Rows to insert into the table of a model. `conflict` is that of `insert_rows`."""

    model: type[SQLModel]
    values: Mapping[str, Any]
    conflict: str = ""


def insert_rows(
    tx: Tx,
    model: type[SQLModel],
    values: Mapping[str, Any],
    *,
    conflict: str = "",
    returning: str = "",
) -> list[Any]:
    """Insert many rows in the order of the lists and return what `returning` names, in the same order.

    `conflict` is the target of `ON CONFLICT ... DO NOTHING` ("(key)", "" for none, "any" for any of them).
    Conflicting rows are neither inserted nor returned.
    """
    lists, scalars = _split(values)
    if not _length(lists):
        return []
    statement = _insert(model, tuple(lists), tuple(scalars), conflict, returning)
    if not returning:
        tx.run(statement, **lists, **scalars)
        return []
    return list(tx.rows(statement, **lists, **scalars))


def insert_rows_as(
    tx: Tx,
    row_type: type[Row],
    model: type[SQLModel],
    values: Mapping[str, Any],
    *,
    conflict: str = "",
    select: str,
    beside: Sequence[Rows] = (),
) -> list[Row]:
    """Insert many rows like `insert_rows` and return what `select` reads of them, in any order.

    `select` is a SELECT over the inserted rows, named `new`; its rows are returned as by `Tx.rows_as`. `beside`
    holds rows of other tables that are inserted with them, whether or not there is a conflict.
    """
    lists, scalars = _split(values)
    if not _length(lists):
        return []
    insert = _insert(model, tuple(lists), tuple(scalars), conflict, "*")
    others, more = _parts(beside)
    statement = f"WITH {', '.join([f'new AS ({insert})', *others])} {select}"
    return tx.rows_as(row_type, statement, **lists, **scalars, **more)


def insert_together(tx: Tx, tables: Sequence[Rows]) -> None:
    """Insert rows into several tables with one statement. For small batches it costs as much as a single table."""
    parts, values = _parts(tables)
    if parts:
        tx.run(f"WITH {', '.join(parts)} SELECT", **values)


def _parts(tables: Sequence[Rows]) -> tuple[list[str], dict[str, Any]]:
    """Build the inserts as parts of one statement, with their values; tables without rows are left out."""
    parts: list[str] = []
    bound_values: dict[str, Any] = {}
    for nth, (model, values, conflict) in enumerate(tables):
        lists, scalars = _split(values)
        if _length(lists):
            prefix = f"t{nth}_"
            parts.append(f"{prefix} AS ({_insert(model, tuple(lists), tuple(scalars), conflict, '', prefix)})")
            bound_values |= {f"{prefix}{name}": value for name, value in (lists | scalars).items()}
    return parts, bound_values


def update_rows(tx: Tx, model: type[SQLModel], key: str, values: Mapping[str, Any]) -> int:
    """Set columns of many rows, found by the column `key`; return how many rows changed."""
    lists, scalars = _split(values, key)
    if not _length(lists):
        return 0
    return tx.run(_update(model, key, tuple(lists), tuple(scalars)), **lists, **scalars)


@cache
def unnest(model: type[SQLModel], *names: str, alias: str = "u", ordinal: str = "") -> str:
    """Return SQL that turns lists, bound under the names of a model's columns, into a table: `unnest(...) AS u(a,
    b)`.

    `ordinal` names a further column that numbers the rows in the order of the lists.
    """
    arrays = ", ".join(f"CAST(:{name} AS {_type(model, name)}[])" for name in names)
    if ordinal:
        return f"unnest({arrays}) WITH ORDINALITY AS {alias}({', '.join((*names, ordinal))})"
    return f"unnest({arrays}) AS {alias}({', '.join(names)})"


def _split(values: Mapping[str, Any], key: str = "") -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """Return the lists, and the values that apply to all rows. A long list of equal values becomes such a value,
    except for the list of `key`, or the first one."""
    lists = {name: value for name, value in values.items() if type(value) is list}
    scalars = {name: value for name, value in values.items() if name not in lists}
    if lists and _length(lists) >= _MANY:
        key = key or next(iter(lists))
        shared = [name for name, value in lists.items() if name != key and value.count(value[0]) == len(value)]
        scalars |= {name: lists.pop(name)[0] for name in shared}
    return lists, scalars


def _length(lists: Mapping[str, list[Any]]) -> int:
    lengths = {len(value) for value in lists.values()}
    assert len(lengths) == 1, "one value a row in every list, and one list at least"
    return lengths.pop()


@lru_cache(_STATEMENTS)
def _insert(
    model: type[SQLModel],
    lists: tuple[str, ...],
    scalars: tuple[str, ...],
    conflict: str,
    returning: str,
    prefix: str = "",
) -> str:
    """Return the INSERT of rows; `prefix` is prepended to the names of the values."""
    arrays = ", ".join(f"CAST(:{prefix}{name} AS {_type(model, name)}[])" for name in lists)
    names = ", ".join(lists)
    rows = f"SELECT {names} FROM unnest({arrays}) WITH ORDINALITY AS u({names}, nth) ORDER BY nth"
    fixed = "".join(f", CAST(:{prefix}{name} AS {_type(model, name)})" for name in scalars)
    target = {"": "", "any": " ON CONFLICT DO NOTHING"}.get(conflict, f" ON CONFLICT {conflict} DO NOTHING")
    back = f" RETURNING {returning}" if returning else ""
    return (
        f"INSERT INTO {_table(model).name} ({', '.join((*lists, *scalars))}) "
        f"SELECT {', '.join(lists)}{fixed} FROM ({rows}) AS ordered{target}{back}"
    )


@lru_cache(_STATEMENTS)
def _update(model: type[SQLModel], key: str, lists: tuple[str, ...], scalars: tuple[str, ...]) -> str:
    changes = [f"{name} = u.{name}" for name in lists if name != key]
    changes += [f"{name} = CAST(:{name} AS {_type(model, name)})" for name in scalars]
    rows = unnest(model, *lists)
    return f"UPDATE {_table(model).name} AS t SET {', '.join(changes)} FROM {rows} WHERE t.{key} = u.{key}"


def _table(model: type[SQLModel]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


@cache
def _type(model: type[SQLModel], name: str) -> str:
    """Return the PostgreSQL type of a model's column."""
    column: Column[Any] = _table(model).c[name]
    return "text" if str(column.type) in ("AutoString", "VARCHAR") else column.type.compile(_DIALECT)
