"""The order of the books: transfers, and rows that must be placed among them, draw numbers from one sequence."""

from typing import Any

from sqlalchemy import BigInteger, Column, literal_column, text
from sqlmodel import func, select

from kernel.db import Tx

_SEQUENCE = "ledger_transfer_id_seq"


def place_in_order() -> Any:
    """Return the column that places a row among the transfers.

    Draw the number while the pots (or their campaign) are locked. The numbers of each pot are then in the order of
    its lock, which `matching.replay` relies on.
    """
    return Column(BigInteger, nullable=False, server_default=text(f"nextval('{_SEQUENCE}')"))


def draw_place(tx: Tx) -> int:
    """Draw the place of a row that is stored later but belongs here."""
    return int(tx.all(select(func.nextval(literal_column(f"'{_SEQUENCE}'"))))[0])
