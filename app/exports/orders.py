"""Ordered files of donations: storing the filters of the list and reading them again."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from app.i18n.locale import language
from campaigns.donations.search_plan import DonationQuery, Order
from campaigns.exports import runs
from campaigns.exports.models import ExportRun
from campaigns.network.roles import Caller
from kernel.db import Tx
from kernel.errors import Invalid, fault

_OF_PEOPLE = ("donor_key", "name_key")
_TIMES = ("since", "until")


def order_donations(tx: Tx, caller: Caller, query: DonationQuery, file_format: str) -> ExportRun:
    """Order the donations of a query as a file in the current language. A search for a person is downloaded at once
    with `donations_file` instead, because a stored order must not lead to a person.

    Raises Invalid `export_invalid` for a query of a person, and what `runs.order` raises.
    """
    if leads_to_person(query):
        raise Invalid("export_invalid", fields={"filters": fault("person_not_kept")})
    kept = {
        name: value for name, value in asdict(query).items() if value not in ("", None, ()) and name != "branch"
    }
    filters = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in kept.items()}
    return runs.order(tx, caller, runs.Order(filters, file_format, language()))


def leads_to_person(query: DonationQuery) -> bool:
    """Return whether a query searches for the donations of a person."""
    return any(getattr(query, name) for name in _OF_PEOPLE)


def query_of(run: ExportRun) -> DonationQuery:
    """Return the ordered query, limited to the branch stored with the order."""
    filters: dict[str, Any] = dict(run.filters)
    for name in _TIMES:
        if name in filters:
            filters[name] = datetime.fromisoformat(filters[name])
    return DonationQuery(**{**filters, "order": Order(filters["order"]), "branch": run.branch_code})
