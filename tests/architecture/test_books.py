"""The books are read through columns, functions and views of the ledger: nothing is parsed out of a name, a key or
a sentence, and what an enum says is what the database checks."""

import ast
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import CheckConstraint
from sqlmodel import SQLModel

from kernel.db import Database
from ledger.chart import AccountKind
from ledger.kinds import TransferKind
from ledger.views import VIEWS
from tests.architecture.test_sql import ROOT, sources, tables

OWN_TABLES = re.compile(r"\bledger_(?:account|transfer)")
PARSED = re.compile(
    r"\b(?:left|right|split_part|substr|substring|starts_with|regexp_\w+)\s*\(\s*(?:\w+\.)?(?:key|owner|purpose|name)\b"
    r"|'(?:pot|project|campaign|fund|donation|reservation):' *\|\|"
    r"|\b(?:key|owner|name)\s+(?:NOT )?LIKE\b"
)
PROSE = re.compile(r"(?:=|<>|\bIN \((?:[^()']*'[^']*',)*)\s*'[A-Za-z]+ [^']*'")
_LITERAL = re.compile(r"'([^']*)'")


@cache
def texts(source: str) -> list[str]:
    """Every string in a file, the parts of f-strings included, without docstrings."""
    nodes = list(ast.walk(ast.parse(source)))
    docs = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]


def matches(pattern: re.Pattern[str], source: str) -> bool:
    """Whether a string in a file matches; where the file as a whole does not, it need not be parsed."""
    return bool(pattern.search(source)) and any(pattern.search(text) for text in texts(source))


def names_tables(path: Path, source: str) -> bool:
    """Whether a file outside the ledger names one of its tables in SQL."""
    return path.parts[0] != "ledger" and matches(OWN_TABLES, source)


def parses_names(path: Path, source: str) -> bool:
    """Whether SQL takes a key or a name apart, or puts one together."""
    return matches(PARSED, source)


def compares_prose(path: Path, source: str) -> bool:
    """Whether SQL compares something with words that are meant for people."""
    return matches(PROSE, source)


@pytest.mark.parametrize("breach", [names_tables, parses_names, compares_prose])
def test_no_file_breaks_the_rule(breach: Callable[[Path, str], bool]) -> None:
    assert [str(path) for path in sources() if breach(path, (ROOT / path).read_text())] == []


@pytest.mark.parametrize(
    ("breach", "statement"),
    [
        (names_tables, "SELECT sum(balance_minor) FROM ledger_account"),
        (names_tables, "SELECT nextval('ledger_transfer_id_seq')"),
        (parses_names, "SELECT CAST(split_part(t.key, ':', 2) AS bigint) FROM t"),
        (parses_names, "SELECT 1 FROM t WHERE starts_with(t.key, 'reservation:')"),
        (parses_names, "SELECT 1 FROM t WHERE t.key LIKE '%:moved:%'"),
        (parses_names, "SELECT 1 FROM pot p JOIN a ON a.owner = 'pot:' || p.id"),
        (parses_names, "SELECT substr(owner, 5) FROM a"),
        (compares_prose, "SELECT 1 FROM t WHERE t.reason = 'donation refunded'"),
        (compares_prose, "SELECT 1 FROM t WHERE t.reason IN ('deposit', 'match moved to a better pot')"),
    ],
)
def test_a_breach_is_seen(breach: Callable[[Path, str], bool], statement: str) -> None:
    assert breach(Path("campaigns/closing/close.py"), f"tx.rows({statement!r})")
    assert not breach(Path("campaigns/closing/close.py"), "tx.rows('SELECT balance_minor FROM pot_balance')")


def test_the_views_of_the_books_have_the_columns_that_are_published(db: Database) -> None:
    with db.transaction() as tx:
        rows = tx.rows(
            """SELECT table_name, array_agg(CAST(column_name AS text) ORDER BY ordinal_position)
                 FROM information_schema.columns JOIN information_schema.views USING (table_schema, table_name)
                WHERE table_schema = 'public' AND table_name IN (
                          SELECT view_name FROM information_schema.view_table_usage WHERE table_name LIKE 'ledger%')
                GROUP BY table_name"""
        )
    assert {name: tuple(columns) for name, columns in rows} == VIEWS


def test_the_database_allows_what_the_enums_say(db: Database) -> None:
    checked = _checks(db)
    assert checked["ledger_account_kind"] == set(AccountKind)
    assert checked["ledger_transfer_kind"] == set(TransferKind)


def test_every_check_lists_what_the_model_lists(db: Database) -> None:
    """Alembic compares no CHECK constraints, so that an enum could grow without a migration."""
    tables()
    models = {
        str(constraint.name): set(_LITERAL.findall(str(constraint.sqltext)))
        for table in SQLModel.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert _checks(db) == models


def _checks(db: Database) -> dict[str, set[str]]:
    """CHECK constraint -> the constants in it."""
    with db.transaction() as tx:
        rows = tx.rows(
            """SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
                WHERE contype = 'c' AND connamespace = CAST('public' AS regnamespace)"""
        )
    return {name: set(_LITERAL.findall(definition)) for name, definition in rows}
