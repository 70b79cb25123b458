"""The one order of the books: transfers, and rows that must be placed among them, draw from one sequence."""

from typing import Any

from sqlalchemy import BigInteger, Column, literal_column, text
from sqlmodel import func, select

from kernel.db import Tx

_SEQUENCE = "ledger_transfer_id_seq"


def place_in_order() -> Any:
    """Return the column for a row's place among the transfers.

    Draw it while the pots (or their campaign) are locked, so that for each pot the numbers are in the order of
    its lock: `matching.replay` walks along them.
    """
    return Column(BigInteger, nullable=False, server_default=text(f"nextval('{_SEQUENCE}')"))


def draw_place(tx: Tx) -> int:
    """Draw the place of a row that is stored later, but belongs here."""
    return int(tx.all(select(func.nextval(literal_column(f"'{_SEQUENCE}'"))))[0])
