"""The one order of the books: transfers, and rows that must be placed among them, draw from one sequence."""

from typing import Any

from sqlalchemy import BigInteger, Column, text


def place_in_order() -> Any:
    """Return the column for a row's place among the transfers.

    Draw it while the pots (or their campaign) are locked, so that for each pot the numbers are in the order of
    its lock: `matching.replay` walks along them.
    """
    return Column(BigInteger, nullable=False, server_default=text("nextval('ledger_transfer_id_seq')"))
