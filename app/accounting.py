"""Accounting files that API and console share: the journal and the trial balance."""

from collections.abc import Iterator
from typing import Any

from flask import Response
from flask_babel import gettext as _

from app.current import deps
from app.i18n.accounting_labels import balance_header, journal_header, summary
from app.i18n.names import source_name
from app.table_cells import Yuan
from app.table_file import table_response
from campaigns.accounting import reading
from campaigns.accounting.reading import JournalRow
from campaigns.audit import record_audit
from kernel.db import Tx
from payments.partners.partners import titles_of


def journal_file(file_format: str, period: str, actor: str) -> Response:
    """Return the vouchers of a period as a file. Raises Invalid `period_invalid`."""
    with deps().db.transaction() as tx:
        record_audit(tx, actor, "export.vouchers", f"period:{period}")
        return table_response(file_format, f"vouchers-{period}", journal_header(), _lines(tx, period))


def balance_file(file_format: str, period: str) -> Response:
    """Return the trial balance of a period as a file. Raises Invalid `period_invalid`."""
    with deps().db.transaction() as tx:
        rows = reading.trial_balance(tx, period)
    cells = [
        *((row.code, row.name, row.currency, *map(Yuan, row[3:])) for row in rows),
        *((_("合计"), "", row.currency, *map(Yuan, row[3:])) for row in reading.totals_of(rows)),
    ]
    return table_response(file_format, f"trial-balance-{period}", balance_header(), cells)


def _lines(tx: Tx, period: str) -> Iterator[tuple[Any, ...]]:
    titles = titles_of(tx)
    for page in reading.journal(tx, period):
        for row in page:
            yield _cells(row, source_name(row.provider, titles) if row.provider else "")


def _cells(row: JournalRow, provider: str) -> tuple[Any, ...]:
    amounts = (Yuan(amount) if amount else None for amount in (row.debit_minor, row.credit_minor))
    about = " ".join(filter(None, (row.fund, row.pot, provider, row.project_code, row.project_name)))
    head = (row.period, row.dated_on, row.word, row.number, summary(row), row.code, row.name)
    return (*head, *amounts, row.currency, about, row.occurred_on, row.transfers)
