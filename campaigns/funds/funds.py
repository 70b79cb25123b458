"""Create funds (专项基金 ...), and list their balances."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from campaigns.audit import record_audit
from campaigns.funds.models import Fund, FundKind
from campaigns.network.organisations import names_of
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.money import CURRENCY
from kernel.text import text_fault
from ledger.chart import fund as fund_account
from ledger.statements import balance

KINDS = tuple(kind.value for kind in FundKind)
MOST_NAME = 100


class FundRow(NamedTuple):
    """A fund and the free money in it, in fen."""

    id: int
    name: str
    kind: str
    currency: str
    balance_minor: int
    organisation_code: str | None


def create(tx: Tx, name: str, kind: str, actor: str, organisation: str | None = None) -> int:
    """Create a fund of an organisation (its code; None: the federation) and return the fund's id.

    Raises Invalid `fund_invalid` with every wrong field and Conflict `fund_exists` when the name is taken.
    """
    faults: dict[str, Fault] = {}
    if refused := text_fault(name, MOST_NAME):
        faults["name"] = refused
    if kind not in KINDS:
        faults["kind"] = fault("not_one_of", options=KINDS)
    if organisation is not None and organisation not in names_of(tx, [organisation]):
        faults["organisation"] = fault("unknown_organisation")
    if faults:
        raise Invalid("fund_invalid", fields=faults)
    fund_id = tx.scalar(
        """INSERT INTO fund (name, kind, currency, organisation_code, created_at)
           VALUES (:name, :kind, :currency, :organisation, :now)
           ON CONFLICT (name) DO NOTHING RETURNING id""",
        name=name.strip(),
        kind=kind,
        currency=CURRENCY,
        organisation=organisation,
        now=tx.now,
    )
    if fund_id is None:
        raise Conflict("fund_exists", fields={"name": fault("taken")})
    record_audit(
        tx, actor, "fund.create", f"fund:{fund_id}", name=name.strip(), kind=kind, organisation=organisation
    )
    return int(fund_id)


def find(tx: Tx, fund_id: int, *, lock: bool = False) -> Fund:
    """Return the fund with this id. Raises NotFound `fund_unknown`."""
    fund = tx.get(Fund, fund_id, lock=lock)
    if fund is None:
        raise NotFound("fund_unknown")
    return fund


def require_balance(tx: Tx, fund: Fund, wanted_minor: int) -> None:
    """Raise Conflict `fund_short` if a fund holds less than this many fen."""
    assert fund.id is not None
    available_minor = balance(tx, fund_account(fund.id))
    if available_minor < wanted_minor:
        missing_minor = wanted_minor - available_minor
        raise Conflict("fund_short", fund=fund.name, available_minor=available_minor, missing_minor=missing_minor)


@contextmanager
def drawing(tx: Tx, fund: Fund, amount_minor: int) -> Iterator[None]:
    """Raise Conflict `fund_short`, which names the fund, if the work inside fails because the fund does not hold
    these fen. The floor of its account decides."""
    try:
        with tx.part():
            yield
    except Conflict as refusal:
        if refusal.code == "books_short":
            require_balance(tx, fund, amount_minor)
        raise


def list_funds(tx: Tx, branch: str | None = None) -> list[FundRow]:
    """Return all funds, or those of a branch, with their balances. One statement reads them, so that they are
    consistent."""
    return tx.rows_as(
        FundRow,
        """SELECT f.id, f.name, f.kind, f.currency, f.organisation_code,
                  coalesce(a.balance_minor, 0) AS balance_minor
             FROM fund f LEFT JOIN organisation o ON o.code = f.organisation_code
             LEFT JOIN fund_balance a ON a.fund_id = f.id AND a.currency = f.currency
            WHERE CAST(:branch AS text) IS NULL OR o.lineage @> ARRAY[CAST(:branch AS text)]
            ORDER BY f.id""",
        branch=branch,
    )
