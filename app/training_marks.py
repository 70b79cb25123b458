"""Marks on everything that leaves a training site (ADR 41), so that it is not mistaken for real: tables, papers,
letters, orders.

Templates mark pages, and the header `Beishan-Training` marks every response (`app/http/security.py`).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from flask import has_app_context
from flask_babel import gettext as _

from app.current import settings
from campaigns.payouts.bank_file import BankAccount, BankFile

FILE_PREFIX = "training-"


def training_mark() -> str:
    """Return the text across a paper; "" if the site is not a training site."""
    return _("演练 不是真的") if has_app_context() and settings().training else ""


def marked_file(name: str) -> str:
    """Return the name of a download, with a prefix on a training site."""
    return f"{FILE_PREFIX}{name}" if settings().training else name


def marked_table(
    header: Sequence[str], rows: Iterable[Sequence[Any]], *, training: bool
) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
    """Return a table for export. In training each row is marked, so that the mark survives copying."""
    if not training:
        return header, rows
    mark = _("演练")
    return [_("不是真的"), *header], _marked(mark, rows)


def _marked(mark: str, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    for row in rows:
        yield [mark, *row]


def marked_subject(subject: str, *, training: bool) -> str:
    """Return the subject of a letter, or the text of an SMS, marked in training."""
    return f"【{_('演练')}】{subject}" if training else subject


def harmless(order: BankFile) -> BankFile:
    """Return a bank file for export. In training it names no account that a bank knows."""
    if not settings().training:
        return order
    payments = [
        payment._replace(
            end_to_end_id=f"TRAINING-{payment.end_to_end_id}",
            payee=_nobody(payment.payee),
            purpose=_("演练，请勿付款"),
        )
        for payment in order.payments
    ]
    return order._replace(message_id=f"TRAINING-{order.message_id}", payer=_nobody(order.payer), payments=payments)


def _nobody(account: BankAccount) -> BankAccount:
    return account._replace(number="0" * len(account.number), bank_code="0" * len(account.bank_code))
