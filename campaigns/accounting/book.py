"""Create vouchers from transfers that have none yet: each transfer once, one transaction per run."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlmodel import select

from campaigns.accounting import chart
from campaigns.accounting.models import AccountingPeriod, Voucher, VoucherLine, VoucherRun
from campaigns.accounting.periods import dated_on, period_of
from campaigns.accounting.vouchers import WORD, Moved, NewVoucher, make_vouchers
from campaigns.audit import record_audit
from campaigns.dependencies import Dependencies
from kernel.bulk import insert_rows
from kernel.clock import local_day
from kernel.db import Tx
from ledger.chart import AccountKind
from ledger.settled import settled_mark


class Booked(NamedTuple):
    """What a run created: the number of vouchers and of transfers in them, and the last transfer (0: nothing to
    do)."""

    vouchers: int
    transfers: int
    last_transfer: int


def book(deps: Dependencies, actor: str, through: date | None = None) -> Booked:
    """Create vouchers for all transfers before the first one after the day `through` (default: yesterday).

    Safe to run concurrently and to repeat after a crash. Raises Unavailable `books_busy` when a transaction stays
    open for too long.
    """
    mark = settled_mark(deps.db)
    with deps.db.transaction() as tx:
        tx.run("LOCK TABLE voucher_run IN SHARE ROW EXCLUSIVE MODE")
        return _run(tx, mark, through, actor)


def _run(tx: Tx, mark: int, through: date | None, actor: str) -> Booked:
    after = int(tx.scalar("SELECT coalesce(max(last_transfer), 0) FROM voucher_run"))
    last = _last_of_days(tx, after, mark, through)
    if last <= after:
        return Booked(0, 0, 0)
    vouchers = make_vouchers(tx.rows_as(Moved, _MOVED, after=after, last=last))
    run = tx.add(VoucherRun(after_transfer=after, last_transfer=last, actor=actor, made_at=tx.now))
    assert run.id is not None
    _store(tx, run.id, vouchers)
    booked = Booked(len(vouchers), sum(voucher.transfers for voucher in vouchers), last)
    counts = {"vouchers": booked.vouchers, "transfers": booked.transfers, "last_transfer": last}
    record_audit(tx, actor, "accounting.book", f"voucher_run:{run.id}", **counts)
    return booked


def _last_of_days(tx: Tx, after: int, mark: int, through: date | None) -> int:
    """Return the last transfer before the first one of a later day than `through` (None: yesterday)."""
    return int(
        tx.scalar(
            """SELECT coalesce(min(transfer_id) - 1, :mark) FROM journal_movement
                WHERE transfer_id > :after AND transfer_id <= :mark
                  AND CAST(recorded_at AT TIME ZONE 'Asia/Shanghai' AS date)
                      > coalesce(CAST(:through AS date), CAST(:today AS date) - 1)""",
            after=after,
            mark=mark,
            through=through,
            today=local_day(tx.now),
        )
    )


_ACCOUNT = ("kind", "fund_id", "pot_id", "provider")


def _side(side: str) -> str:
    """Return the columns of an account. Its project is left out as long as match can still change hands, because
    each pot would have a line per project and day for what no project has yet."""
    names = f"m.{side}_pot_id IS NULL OR m.{side}_kind = '{AccountKind.POT_RELEASED}'"
    project = f"CASE WHEN {names} THEN m.{side}_project_id END AS {side}_project_id"
    return ", ".join((*(f"m.{side}_{name}" for name in _ACCOUNT), project))


_MOVED = f"""
    SELECT CAST(m.recorded_at AT TIME ZONE 'Asia/Shanghai' AS date) AS occurred_on,
           coalesce(m.campaign_id, d.campaign_id, c.campaign_id) AS campaign_id, m.kind, m.currency,
           {_side("debit")}, {_side("credit")},
           CAST(sum(m.amount_minor) AS bigint) AS amount_minor, count(*) AS transfers,
           min(m.transfer_id) AS first_transfer, max(m.transfer_id) AS last_transfer
      FROM journal_movement m
      LEFT JOIN pot d ON d.id = m.debit_pot_id LEFT JOIN pot c ON c.id = m.credit_pot_id
     WHERE m.transfer_id > :after AND m.transfer_id <= :last
     GROUP BY {", ".join(map(str, range(1, 15)))}"""


def _store(tx: Tx, run_id: int, vouchers: Sequence[NewVoucher]) -> None:
    """Number vouchers without gaps within their periods and insert them with their lines."""
    closed = frozenset(tx.all(select(AccountingPeriod.period)))
    days = [dated_on(voucher.occurred_on, closed) for voucher in vouchers]
    periods = [period_of(day) for day in days]
    version = chart.current(tx)
    ids = insert_rows(
        tx,
        Voucher,
        {
            "run_id": run_id,
            "period": periods,
            "word": WORD,
            "number": _numbers(tx, periods),
            "dated_on": days,
            **{name: [getattr(voucher, name) for voucher in vouchers] for name in NewVoucher._fields[:-1]},
            "chart_version": version.number,
        },
        returning="id",
    )
    lines = [
        (row[0], position, line, version.accounts[AccountKind(line.account_kind)])
        for row, voucher in zip(ids, vouchers, strict=True)
        for position, line in enumerate(voucher.lines, 1)
    ]
    insert_rows(
        tx,
        VoucherLine,
        {
            "voucher_id": [voucher_id for voucher_id, _position, _line, _account in lines],
            "position": [position for _id, position, _line, _account in lines],
            **{
                name: [getattr(line, name) for _id, _position, line, _account in lines]
                for name in ("side", "account_kind", "fund_id", "pot_id", "provider", "project_id", "amount_minor")
            },
            "code": [account.code for _id, _position, _line, account in lines],
            "name": [account.name for _id, _position, _line, account in lines],
        },
    )


def _numbers(tx: Tx, periods: Sequence[str]) -> list[int]:
    """Return the next number of each voucher within its period, in order."""
    used = dict(
        tx.rows(
            "SELECT period, max(number) FROM voucher WHERE period = ANY(:periods) AND word = :word GROUP BY period",
            periods=sorted(set(periods)),
            word=WORD,
        )
    )
    numbers = []
    for period in periods:
        used[period] = used.get(period, 0) + 1
        numbers.append(used[period])
    return numbers
