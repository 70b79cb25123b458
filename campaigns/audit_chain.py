"""Seal rows that are written once, in blocks that form one chain: audit entries, lines of statements (the bank's
too), pots and their rules, deposits to funds.

A block names all rows of one table in a range of ids, each by the mark of its hash, and the preceding block by its
hash. The hash of the newest block, the head, is published with each closing report. Changing, deleting or inserting
a row behind it would therefore change what was published.

Ids are assigned in order but committed in any order, so a range is sealed only when no running transaction can
still write into it. First the last assigned id is read, then the number of our own transaction. When every
transaction with a smaller number has ended, no smaller id can appear. This requires each writer to have its number
before it takes an id, which a trigger ensures (`take_transaction_number`). No money transaction ever waits for
this.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import TEXT, BigInteger, CheckConstraint, Column, Index
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel, col, select

from campaigns.dependencies import Dependencies
from kernel.db import Tx, moment, one_of

BLOCK = 1_000  # rows
MOST_BLOCKS = 200  # per run and table

_AUDIT, _LINES, _BANK = "audit_entry", "provider_line", "bank_line"
_POTS, _RULES, _DEPOSITS = "pot", "pot_rules", "fund_entry"
SEALED_TABLES = (_AUDIT, _LINES, _BANK, _POTS, _RULES, _DEPOSITS)


class AuditBlock(SQLModel, table=True):
    """The rows of one table with ids from `first_id` to `last_id`: those that exist, and the marks of their hashes.

    `before` is the hash of the block before. A trigger forbids UPDATE, DELETE and TRUNCATE.
    """

    __tablename__ = "audit_block"
    __table_args__ = (
        CheckConstraint(one_of("source", SEALED_TABLES), name="audit_block_source"),
        Index("audit_block_last", "source", "last_id"),
    )
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    source: str
    first_id: int = Field(sa_type=BigInteger)
    last_id: int = Field(sa_type=BigInteger)
    ids: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))
    marks: list[str] = Field(sa_column=Column(ARRAY(TEXT), nullable=False))
    before: str
    hash: str
    sealed_at: datetime = Field(sa_column=moment())


class Head(NamedTuple):
    """The newest block: the published part of the chain. Number 0 without a hash: nothing is sealed yet."""

    block: int
    hash: str


class _Horizon(NamedTuple):
    """No id up to `last_id` can appear any more once all transactions before number `before` have ended."""

    last_id: int
    before: int


class _Running(NamedTuple):
    """The number of the oldest transaction that may be running, and one that no ended transaction has reached."""

    oldest: int
    following: int


class _Source(NamedTuple):
    """A sealed table: its immutable columns, what a fault calls a row, and which rows are sealed."""

    columns: str
    name: str
    condition: str = "true"


_SOURCES = {
    _AUDIT: _Source(
        """r.id, CAST(extract(epoch FROM r.at) * 1000000 AS bigint), r.actor, r.action, r.subject, r.detail,
           r.address""",
        "format('audit entry %s (%s of %s)', r.id, r.action, r.subject)",
    ),
    # Rows that a provider's next answer may still complete (`payments.statements`) are left out, and so is
    # `donation_id`, which follows from the other columns and is filled in later.
    _LINES: _Source(
        """r.id, r.provider, r.kind, r.line_id, r.source_id, r.payment_intent, r.amount_minor, r.fee_minor,
           r.currency, r.fee_currency, CAST(extract(epoch FROM r.occurred_at) * 1000000 AS bigint)""",
        "format('line %s of %s', r.line_id, r.provider)",
        "(r.provider LIKE 'partner:%' OR (r.fee_currency IS NOT NULL AND r.kind <> 'other'))",
    ),
    _BANK: _Source(
        """r.id, r.account, r.statement, r.line_id, r.booked_on - DATE '2000-01-01',
           r.valued_on - DATE '2000-01-01', r.amount_minor, r.currency, r.reference, r.reversal, r.payments,
           r.is_fee""",
        "format('line %s of the bank account %s', r.line_id, r.account)",
    ),
    _POTS: _Source(
        """r.id, r.campaign_id, r.fund_id, r.name, r.rank, r.kind, r.mode, r.currency,
           CAST(extract(epoch FROM r.created_at) * 1000000 AS bigint)""",
        "format('pot %s', r.id)",
    ),
    _RULES: _Source(
        """r.id, r.pot_id, r.version, CAST(extract(epoch FROM r.valid_from) * 1000000 AS bigint), r.rules,
           CAST(extract(epoch FROM r.created_at) * 1000000 AS bigint), r.position""",
        "format('version %s of the rules of pot %s', r.version, r.pot_id)",
    ),
    _DEPOSITS: _Source(
        """r.id, r.fund_id, r.key, r.amount_minor, r.reference, r.reason, r.corrects_id, r.actor,
           CAST(extract(epoch FROM r.booked_at) * 1000000 AS bigint)""",
        "format('entry %s of fund %s', r.key, r.fund_id)",
    ),
}


def _hash(text: str) -> str:
    return f"encode(sha256(convert_to(CAST({text} AS text), 'UTF8')), 'hex')"


def _rows(source: str, condition: str = "true") -> str:
    """Return the SQL of a table's rows with their marks: 128 bits of the hash identify a changed row."""
    table = _SOURCES[source]
    return f"""SELECT r.*, left({_hash(f"ROW({table.columns})")}, 32) AS mark, {table.condition} AS sealed
                 FROM {source} AS r WHERE {condition}"""


_BLOCK_HASH = _hash("ROW(b.number, b.source, b.first_id, b.last_id, b.ids, b.marks, b.before)")


def head(tx: Tx) -> Head:
    """Return the newest block of the chain."""
    newest = tx.first(select(AuditBlock).order_by(col(AuditBlock.number).desc()))
    return Head(newest.number, newest.hash) if newest else Head(0, "")


def seal(deps: Dependencies) -> int:
    """Seal all rows before which no running transaction can still write; return how many. Safe to run
    concurrently."""
    return sum(_seal(deps, source) for source in SEALED_TABLES)


def _seal(deps: Dependencies, source: str) -> int:
    """Seal one table up to the horizon that this process waits for, if it has been reached by now."""
    memory, key = deps.db.memory, ("audit horizon", source)
    with deps.db.transaction() as tx:
        horizon: _Horizon | None = memory.get(key)
        # A number that this database has not assigned yet belongs to another database: it was restored under us.
        if horizon is None or horizon.before >= _running(tx).following:
            horizon = memory[key] = _horizon(tx, source)
    with deps.db.transaction() as tx:
        if _running(tx).oldest <= horizon.before:
            return 0
    rows = _add_blocks(deps, source, horizon.last_id)
    memory.pop(key, None)
    return rows


def _running(tx: Tx) -> _Running:
    [running] = tx.rows_as(
        _Running,
        """SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) AS oldest,
                  CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint) AS following""",
    )
    return running


def _horizon(tx: Tx, source: str) -> _Horizon:
    """Read the last assigned id, and only then take a number: two statements."""
    last_id = tx.scalar(
        "SELECT coalesce(pg_sequence_last_value(CAST(pg_get_serial_sequence(:source, 'id') AS regclass)), 0)",
        source=source,
    )
    number = tx.scalar("SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint)")
    return _Horizon(int(last_id), int(number))


def _add_blocks(deps: Dependencies, source: str, last_id: int) -> int:
    sealed = 0
    for _ in range(MOST_BLOCKS):
        with deps.db.transaction() as tx:
            rows = _add_block(tx, source, last_id)
        sealed += rows
        if rows < BLOCK:
            break
    return sealed


def _add_block(tx: Tx, source: str, last_id: int) -> int:
    """Add a block of the unsealed rows up to an id; return how many they are."""
    tx.run("LOCK TABLE audit_block IN SHARE ROW EXCLUSIVE MODE")  # one block at a time; readers do not wait
    return int(
        tx.scalar(
            f"""WITH newest AS (SELECT number, hash FROM audit_block ORDER BY number DESC LIMIT 1),
                     covered AS (SELECT coalesce(max(last_id), 0) AS upto FROM audit_block WHERE source = :source),
                     due AS ({_rows(source, "r.id > (SELECT upto FROM covered) AND r.id <= :last_id")}),
                     chosen AS (SELECT id, mark FROM due WHERE sealed ORDER BY id LIMIT {BLOCK}),
                     block AS (
                         SELECT coalesce((SELECT number FROM newest), 0) + 1 AS number,
                                CAST(:source AS text) AS source, (SELECT upto FROM covered) + 1 AS first_id,
                                CASE WHEN count(*) < {BLOCK} THEN CAST(:last_id AS bigint) ELSE max(id) END
                                    AS last_id,
                                array_agg(id ORDER BY id) AS ids, array_agg(mark ORDER BY id) AS marks,
                                coalesce((SELECT hash FROM newest), '') AS before
                           FROM chosen HAVING count(*) > 0),
                     added AS (
                         INSERT INTO audit_block
                                (number, source, first_id, last_id, ids, marks, before, hash, sealed_at)
                         SELECT b.*, {_BLOCK_HASH}, :now FROM block AS b RETURNING ids)
                SELECT coalesce(sum(cardinality(ids)), 0) FROM added""",
            source=source,
            last_id=last_id,
            now=tx.now,
        )
    )


def _compared(source: str) -> str:
    """Return the SQL of the faults of one table: rows that differ from their seal."""
    name = _SOURCES[source].name
    return f"""
        SELECT CASE WHEN r.id IS NULL THEN format('{source} %s of block %s is gone', s.id, s.number)
                    WHEN s.id IS NULL THEN {name} || ' was inserted behind sealed ones'
                    ELSE format('%s is not as block %s has it', {name}, s.number) END
          FROM (SELECT b.number, u.id, u.mark
                  FROM audit_block b CROSS JOIN LATERAL unnest(b.ids, b.marks) AS u(id, mark)
                 WHERE b.source = '{source}') AS s
          FULL JOIN (SELECT * FROM ({_rows(source)}) AS w
                      WHERE w.id <= (SELECT max(last_id) FROM audit_block WHERE source = '{source}')) AS r
               ON r.id = s.id
         WHERE r.mark IS DISTINCT FROM s.mark AND (r.sealed OR s.id IS NOT NULL)
         ORDER BY coalesce(r.id, s.id)"""


CHECKS = {
    "audit_blocks_are_a_chain": f"""
        SELECT format('block %s of the audit chain does not follow from its rows and the block before it', number)
          FROM (SELECT b.number, b.before, b.hash, {_BLOCK_HASH} AS due_hash, b.first_id, b.last_id,
                       lag(b.hash) OVER (ORDER BY b.number) AS hash_before,
                       row_number() OVER (ORDER BY b.number) AS place,
                       lag(b.last_id) OVER (PARTITION BY b.source ORDER BY b.number) AS last_before
                  FROM audit_block b) AS b
         WHERE hash <> due_hash OR before <> coalesce(hash_before, '') OR number <> place
            OR first_id <> coalesce(last_before, 0) + 1
         ORDER BY number""",
    "audit_entries_are_as_sealed": _compared(_AUDIT),
    "lines_are_as_sealed": _compared(_LINES),
    "bank_lines_are_as_sealed": _compared(_BANK),
    "pots_are_as_sealed": _compared(_POTS),
    "rules_are_as_sealed": _compared(_RULES),
    "deposits_are_as_sealed": _compared(_DEPOSITS),
}


def faults(tx: Tx) -> list[str]:
    """Return where the chain or the sealed rows were changed; empty if nothing was."""
    return [f"{name}: {row[0]}" for name, sql in CHECKS.items() for row in tx.rows(sql)]


def unsealed(tx: Tx) -> int:
    """Count the audit entries that are not sealed yet."""
    return int(
        tx.scalar(
            """SELECT count(*) FROM audit_entry
                WHERE id > (SELECT coalesce(max(last_id), 0) FROM audit_block WHERE source = 'audit_entry')"""
        )
    )
