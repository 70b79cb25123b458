"""Which tables can be downloaded, where, and by whom. Console and API offer each under the same path."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from flask import Response

from app.current import deps
from app.exports import campaigns, lists
from app.exports.analytics import campaign_analytics
from app.exports.awards import awards
from app.exports.network import network
from app.exports.reconciliation import reconciliation
from app.exports.samples import samples
from app.exports.self_checks import self_checks
from app.exports.stations import stations
from app.exports.table import Order, Table
from app.http import access, scope
from app.http.scope import Where
from app.table_file import table_response
from campaigns.audit import record_audit
from campaigns.network.roles import Permission
from kernel.db import Tx


class Kind(NamedTuple):
    """A kind of table. `address`: its path without the file ending; `filters`: the query parameters it reads."""

    name: str
    address: str
    make: Callable[[Tx, Order], Table]
    permission: Permission = Permission.READ
    where: Where = Where.RESOURCE
    filters: Sequence[str] = ()


KINDS = (
    Kind("campaigns", "/campaigns", lists.campaigns, where=Where.LISTED),
    Kind("projects", "/projects", lists.projects, where=Where.LISTED, filters=("q", "status", "sort")),
    Kind("funds", "/funds", lists.funds, where=Where.LISTED),
    Kind("goods", "/goods", lists.goods, where=Where.LISTED),
    Kind("self-checks", "/self-checks", self_checks, where=Where.LISTED, filters=("campaign",)),
    Kind("network", "/network", network, where=Where.LISTED),
    Kind("stations", "/stations", stations, where=Where.LISTED, filters=("under", "missing")),
    Kind("fund-statement", "/funds/<id:fund_id>/statement", lists.fund_statement),
    Kind("people", "/people", lists.people, Permission.PEOPLE_WRITE, Where.LISTED, ("q", "role", "state")),
    Kind("entries", "/campaigns/<slug>/projects", campaigns.entries, where=Where.FROM_BELOW),
    Kind("pots", "/campaigns/<slug>/pots", campaigns.pots, where=Where.FROM_BELOW),
    Kind("standings", "/campaigns/<slug>/standings", campaigns.standings, where=Where.FROM_BELOW, filters=("by",)),
    Kind("cases", "/campaigns/<slug>/cases", campaigns.cases, where=Where.FROM_BELOW, filters=("state",)),
    Kind("analytics", "/campaigns/<slug>/analytics", campaign_analytics, where=Where.FROM_BELOW),
    Kind("sources", "/campaigns/<slug>/sources", campaigns.sources),
    Kind("differences", "/campaigns/<slug>/differences", campaigns.differences),
    Kind("awards", "/campaigns/<slug>/awards", awards, where=Where.FROM_BELOW),
    Kind("samples", "/campaigns/<slug>/samples", samples),
    Kind("reconciliation-report", "/campaigns/<slug>/reconciliation-report", reconciliation),
)


def download(kind: Kind, file_format: str, arguments: Mapping[str, Any], query: Mapping[str, str]) -> Response:
    """Return a table as a file, read from one snapshot, and record who downloaded it. Raises what `kind.make`
    raises."""
    filters = {name: query[name].strip() for name in kind.filters if query.get(name, "").strip()}
    with deps().db.snapshot() as tx:
        table = kind.make(tx, Order(arguments, filters, scope.branch()))
        response = table_response(file_format, kind.name, table.header, table.rows)
    with deps().db.transaction() as tx:
        record_audit(tx, access.actor(), "export.table", table.subject, table=kind.name)
    return response
