"""PURE. Compare what a bank's table states about itself with its lines: the totals below them, and the balance
after each. A file that lacks lines lacks money, and somebody would look for it on the wrong side."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from kernel.errors import Fault, fault
from kernel.human_input import Unreadable, read_amount
from kernel.money import yuan
from kernel.tables import Row, Table

_SUMMED = ("debit", "credit", "amount")


class BalanceAfter(NamedTuple):
    """The number of a line, its account, and the balance before and after it in fen; None if it states none."""

    number: int
    account: str
    before_minor: int | None
    balance_minor: int | None


def balance_after(row: Row, account: str, amount_minor: int) -> BalanceAfter:
    """Return the balances around a line."""
    balance_minor = read_figure(row, "balance")
    before_minor = None if balance_minor is None else balance_minor - amount_minor
    return BalanceAfter(row.line, account, before_minor, balance_minor)


def totals_refused(table: Table) -> dict[str, Fault]:
    """Return a fault for each total that differs from the sum of its column. A column of amounts whose sign is in
    another column has no such sum."""
    total = table.total
    if total is None or any("side" in row.cells for row in table.rows[:1]):
        return {}
    faults = {}
    for column in _SUMMED:
        stated = read_figure(total, column)
        sums_up = sum(read_figure(row, column) or 0 for row in table.rows)
        if stated is not None and stated != sums_up:
            faults[f"line {total.line}.{column}"] = fault("total_differs", total=yuan(stated), lines=yuan(sums_up))
    return faults


def balance_gaps(lines: Sequence[BalanceAfter]) -> dict[str, Fault]:
    """Return a fault for each line that begins at a balance to which no line leads: lines before it are missing. An
    account's first line may begin anywhere. An account with a line without a balance is not checked. The order of
    the lines does not matter."""
    accounts: dict[str, list[BalanceAfter]] = defaultdict(list)
    for line in lines:
        accounts[line.account].append(line)
    return {
        f"line {line.number}.balance": fault("balance_gap", before_minor=line.before_minor)
        for each in accounts.values()
        if all(line.balance_minor is not None for line in each)
        for line in list(_beginnings(_oldest_first(each)))[1:]
    }


def read_figure(row: Row, column: str) -> int | None:
    """Return the amount in a cell in fen; None if it has none."""
    try:
        return read_amount(row.cells.get(column, "").removeprefix("+"), negative=True)
    except Unreadable:
        return None


def _beginnings(lines: Sequence[BalanceAfter]) -> Iterator[BalanceAfter]:
    unled = Counter(line.before_minor for line in lines) - Counter(line.balance_minor for line in lines)
    for line in lines:
        if unled[line.before_minor] > 0:
            unled[line.before_minor] -= 1
            yield line


def _oldest_first(lines: Sequence[BalanceAfter]) -> Sequence[BalanceAfter]:
    """Return the lines in the order in which their balances follow each other most often."""
    pairs = list(pairwise(lines))
    forwards = sum(later.before_minor == earlier.balance_minor for earlier, later in pairs)
    backwards = sum(earlier.before_minor == later.balance_minor for earlier, later in pairs)
    return lines[::-1] if backwards > forwards else lines
