"""Read the books. Balances always come from the accounts, never from a copy."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from kernel.db import Tx, one_of
from ledger.chart import OF_POT, Account, AccountKind
from ledger.kinds import LEFT_DONATION

_LEFT_DONATION = one_of("t.kind", LEFT_DONATION)  # constants: the planner must recognise the partial index


class MatchBalance(NamedTuple):
    """The balance in fen of a pot's account of one kind for a project."""

    pot_id: int
    project_id: int
    balance_minor: int


class MatchReturn(NamedTuple):
    """A transfer of `amount_minor` fen by which earned match left its donation.

    `credit_kind` is `pot_free` or `fund`. `decision_id` names the decision that moved it to a better pot,
    `case_id` the screening case whose reviewer took it; neither means a refund.
    """

    reservation_id: int
    amount_minor: int
    credit_kind: AccountKind
    decision_id: int | None
    case_id: int | None
    recorded_at: datetime


class Size(NamedTuple):
    """The size of the books: numbers of rows, and all donations in fen, net of refunds."""

    transfers: int
    accounts: int
    raised_minor: int


def balance(tx: Tx, account: Account) -> int:
    """Return the balance of an account in fen; zero for an account that was never used."""
    held = tx.scalar("SELECT balance_minor FROM ledger_account WHERE name = :name", name=account.name)
    return int(held or 0)


def pot_balances(
    tx: Tx, pot_ids: Sequence[int], kinds: Iterable[AccountKind] = OF_POT
) -> dict[tuple[int, AccountKind], int]:
    """Return (pot id, kind) -> the sum of balances in fen over all projects, in one statement."""
    rows = tx.rows(
        """SELECT pot_id, kind, sum(balance_minor) AS total FROM ledger_account
            WHERE kind = ANY(:kinds) AND pot_id = ANY(:pots) GROUP BY pot_id, kind""",
        kinds=list(kinds),
        pots=list(pot_ids),
    )
    return {(row.pot_id, AccountKind(row.kind)): int(row.total) for row in rows}


def all_pot_balances(tx: Tx) -> dict[tuple[int, AccountKind], int]:
    """Return (pot id, kind) -> the sum of balances in fen, for every pot."""
    rows = tx.rows(
        """SELECT pot_id, kind, sum(balance_minor) AS total FROM ledger_account
            WHERE pot_id IS NOT NULL GROUP BY pot_id, kind ORDER BY pot_id, kind"""
    )
    return {(row.pot_id, AccountKind(row.kind)): int(row.total) for row in rows}


def project_balances(tx: Tx, pot_ids: Sequence[int], kind: AccountKind) -> list[MatchBalance]:
    """Return the balances of one kind that pots have, by project."""
    rows = tx.rows(
        """SELECT pot_id, project_id, balance_minor FROM ledger_account
            WHERE kind = :kind AND pot_id = ANY(:pots) ORDER BY pot_id, project_id""",
        kind=str(kind),
        pots=list(pot_ids),
    )
    return [MatchBalance(*row) for row in rows]


def project_sums(
    tx: Tx, pot_ids: Sequence[int], project_ids: Iterable[int], kinds: Iterable[AccountKind]
) -> list[MatchBalance]:
    """Return what each pot has for each of these projects, in fen summed over these kinds. Pairs without an account
    are left out."""
    rows = tx.rows(
        """SELECT a.pot_id, a.project_id, CAST(sum(a.balance_minor) AS bigint)
             FROM unnest(CAST(:projects AS bigint[])) AS u(id)
             JOIN ledger_account a ON a.project_id = u.id
            WHERE a.kind = ANY(:kinds) AND a.pot_id = ANY(:pots) GROUP BY a.pot_id, a.project_id""",
        projects=list(project_ids),
        kinds=list(kinds),
        pots=list(pot_ids),
    )
    return [MatchBalance(*row) for row in rows]


def raised(tx: Tx, campaign_id: int) -> int:
    """Return what a campaign has raised, in fen, net of refunds."""
    return int(
        tx.scalar(
            """SELECT coalesce(sum(balance_minor), 0) FROM ledger_account
                WHERE campaign_id = :campaign AND kind = :kind""",
            campaign=campaign_id,
            kind=str(AccountKind.DONATIONS),
        )
    )


def match_returns(tx: Tx, donation_id: UUID) -> list[MatchReturn]:
    """Return the transfers by which earned match left a donation, oldest first."""
    rows = tx.rows(
        f"""SELECT t.reservation_id, t.amount_minor, a.kind, t.decision_id, t.case_id, t.recorded_at
              FROM ledger_transfer t JOIN ledger_account a ON a.id = t.credit_account
             WHERE t.donation_id = :id AND {_LEFT_DONATION} ORDER BY t.id""",
        id=donation_id,
    )
    return [MatchReturn(row[0], row[1], AccountKind(row[2]), *row[3:]) for row in rows]


def recorded_at(tx: Tx, key: str) -> datetime | None:
    """Return when the transfer with this key was posted, or None if there is none."""
    rows = tx.rows("SELECT recorded_at FROM ledger_transfer WHERE key = :key", key=key)
    return rows[0].recorded_at if rows else None


def last_transfer(tx: Tx) -> int:
    """Return the id of the newest transfer, which marks the state of the books that a report describes."""
    return int(tx.scalar("SELECT coalesce(max(id), 0) FROM ledger_transfer"))


def size(tx: Tx) -> Size:
    """Count what is in the books."""
    row = tx.row(
        """SELECT (SELECT count(*) FROM ledger_transfer), count(*),
                  CAST(coalesce(sum(balance_minor) FILTER (WHERE kind = :donations), 0) AS bigint)
             FROM ledger_account""",
        donations=str(AccountKind.DONATIONS),
    )
    return Size(*row)  # type: ignore[misc]
