"""Donations that came in offline (bank transfer, cash box), from a file: all rows or none.

They take the way of a partner's donations, under the reserved name `offline`: kept in the inbox, once a reference,
matched by the time of payment, and reconciled with the bank by `import-statement offline FILE`.
"""

import csv
import io
from collections.abc import Sequence
from typing import Any

from campaigns.audit import record_audit
from campaigns.dependencies import Dependencies
from kernel.clock import parse_time
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.money import CURRENCY, parse_yuan
from payments.inbox import store
from payments.messages import message
from payments.partner_events import OFFLINE, PAID, faults
from payments.partners import create, known

COLUMNS = ("reference", "project_code", "amount_yuan", "paid_at")  # and, if known: donor, donor_name
Event = dict[str, Any]


def read(text: str) -> dict[int, Event]:
    """PURE. The rows of a file as events, by line. `donor` is a phone number or e-mail: whose caps the gift
    counts against; without it the reference stands for the donor.

    Raises Invalid `import_invalid` that names every bad row and column: `line 3.amount_yuan`.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
        rows = [] if missing else [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise Invalid("import_invalid", fields={f"line {reader.line_num}": fault("unreadable")}) from error
    if missing:
        raise Invalid("import_invalid", fields={"line 1": fault("missing_columns", columns=missing)})
    events = {line: _event(row) for line, row in rows}
    wrong = {
        f"line {line}.{column}": refused
        for line, event in events.items()
        for column, refused in _column_faults(event).items()
    }
    seen: dict[str, int] = {}
    for line, event in events.items():
        first = seen.setdefault(event["id"], line)
        if first != line:
            wrong[f"line {line}.reference"] = fault("repeated_line", line=first)
    if wrong:
        raise Invalid("import_invalid", fields=wrong)
    return events


def _event(row: dict[str | None, Any]) -> Event:
    """A row in the shape of a partner's event; what cannot be read becomes what `faults` refuses."""
    cells = {name: (value or "").strip() for name, value in row.items() if isinstance(name, str)}
    try:
        amount: int | None = parse_yuan(cells["amount_yuan"])
    except ValueError:
        amount = None
    reference, paid_at = cells["reference"], cells["paid_at"]
    donor = {"key": cells.get("donor") or reference, "name": cells.get("donor_name") or ""}
    return {
        "id": reference,
        "type": PAID,
        "occurred_at": paid_at,
        "data": {
            "donation_id": reference,
            "project_code": cells["project_code"],
            "amount_minor": amount,
            "currency": CURRENCY,
            "paid_at": paid_at,
            "donor": donor,
        },
    }


_COLUMN_OF = {
    "id": "reference",
    "data.amount_minor": "amount_yuan",
    "data.paid_at": "paid_at",
    "data.donor.key": "donor",
    "data.donor.name": "donor_name",
}


def _column_faults(event: Event) -> dict[str, Fault]:
    """What is wrong with a row: column -> fault."""
    wrong = {_COLUMN_OF.get(name, name.removeprefix("data.")): refused for name, refused in faults(event).items()}
    if event["data"]["amount_minor"] is None:
        wrong["amount_yuan"] = fault("not_an_amount")
    return {column: refused for column, refused in wrong.items() if column not in ("occurred_at", "donation_id")}


def import_donations(tx: Tx, deps: Dependencies, text: str, actor: str) -> int:
    """Take a file of offline donations; answers how many were new. The same file again adds nothing.

    Raises Invalid `import_invalid` for unreadable rows, unknown projects and times at which no campaign of the
    project was open, and Conflict `donation_id_reused` for a reference that stands for another donation.
    """
    events = read(text)
    if wrong := _misplaced(tx, events):
        raise Invalid("import_invalid", fields=wrong)
    _register(tx, deps)
    source = f"partner:{OFFLINE}"
    stored = store(tx, [message(source, one["id"], one, compare=True) for one in events.values()])
    if stored.conflicting:
        raise Conflict("donation_id_reused")
    record_audit(tx, actor, "donations.import", source, donations=stored.new)
    return stored.new


def _register(tx: Tx, deps: Dependencies) -> None:
    """The reserved partner; its signing secret is shown to nobody, so nothing comes in by webhook."""
    try:
        known(tx, OFFLINE)
    except NotFound:
        create(tx, deps.keys, OFFLINE, "线下捐赠")


def _misplaced(tx: Tx, events: dict[int, Event]) -> dict[str, Fault]:
    lines: Sequence[int] = list(events)
    rows = tx.rows(
        """SELECT u.line, p.id IS NOT NULL AS known
             FROM unnest(CAST(:lines AS int[]), CAST(:codes AS text[]), CAST(:times AS timestamptz[]))
                  AS u(line, code, paid_at)
             LEFT JOIN project p ON p.code = u.code
            WHERE NOT EXISTS (SELECT FROM campaign_entry e JOIN campaign c ON c.id = e.campaign_id
                               WHERE e.project_id = p.id AND c.opens_at <= u.paid_at AND u.paid_at < c.ends_at
                                 AND c.phase NOT IN ('draft', 'cancelled'))
            ORDER BY u.line""",
        lines=lines,
        codes=[events[line]["data"]["project_code"] for line in lines],
        times=[parse_time(events[line]["data"]["paid_at"]) for line in lines],
    )
    return dict(
        (f"line {row.line}.paid_at", fault("no_campaign_open"))
        if row.known
        else (f"line {row.line}.project_code", fault("unknown_project"))
        for row in rows
    )
