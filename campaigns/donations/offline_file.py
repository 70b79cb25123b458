"""PURE. Read a file of offline donations as events in the shape of a partner's."""

import csv
import io
from typing import Any

from kernel.errors import Fault, Invalid, fault
from kernel.money import CURRENCY, parse_yuan
from payments.partner_events import PAID, faults

COLUMNS = ("reference", "project_code", "amount_yuan", "paid_at")  # and, if known: donor, donor_name
Event = dict[str, Any]


def read(text: str) -> dict[int, Event]:
    """Return the rows of a file as events, by line. `donor` is a phone number or e-mail address: whose caps the
    donation counts against; without it the reference stands for the donor.

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
