"""PURE. The columns of a donation that facts can change."""

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import Any

Columns = tuple[str | int | datetime | None, ...]
COLUMNS = (
    "status",
    "amount_minor",
    "pledged_minor",
    "refunded_minor",
    "excess_minor",
    "reversal_postings",
    "paid_at",
    "payment_intent",
    "instrument",
    "dispute",
    "match_until",
)
columns_of: Callable[[Any], Columns] = attrgetter(*COLUMNS)
