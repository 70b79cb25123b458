"""PURE. The report of a parsed file, as it is stored and shown, and the token that identifies it."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from campaigns.import_plan import ImportPlan
from kernel.errors import Fault, Refusal

MOST_FAULTS = 500  # listed; further faults are only counted


def report_of(plan: ImportPlan[Any]) -> dict[str, Any]:
    """Return a plan as JSON."""
    return {
        "layout": plan.table.layout.name,
        "encoding": plan.table.encoding,
        "headings": dict(plan.table.headings),
        "rows": len(plan.table.rows),
        "new": 0 if plan.stored else len(plan.new),
        "skipped": plan.skipped,
        "unread": list(plan.table.unread),
        "sums": [part._asdict() for part in plan.sums],
        "first_at": min(plan.times).isoformat() if plan.times else None,
        "last_at": max(plan.times).isoformat() if plan.times else None,
        **faults_as_json(faults={**plan.contradictions, **plan.faults}),
        "questions": as_json(plan.questions),
        "warnings": as_json(plan.warnings),
    }


def refusal_report(refusal: Refusal) -> dict[str, Any]:
    """Return the refusal of a file that could not be read, or not be written, in the same shape."""
    faults = faults_as_json(refusal.fields)
    return {"code": refusal.code, **faults, "fault_count": max(faults["fault_count"], 1)}


def faults_as_json(faults: Mapping[str, Fault]) -> dict[str, Any]:
    return {"faults": as_json(faults), "fault_count": len(faults)}


def as_json(faults: Mapping[str, Fault]) -> list[dict[str, Any]]:
    """Return faults with their lines and columns, in the order of lines."""
    rows = [
        {**_place(place), "code": refused.code, "params": dict(refused.params)} for place, refused in faults.items()
    ]
    rows.sort(key=lambda row: (row["line"] is None, row["line"] or 0))
    return rows[:MOST_FAULTS]


def _place(name: str) -> dict[str, Any]:
    """Return `line 3.amount_yuan` as line 3 and field `amount_yuan`."""
    line, _dot, column = name.partition(".")
    number = line.removeprefix("line ")
    if line.startswith("line ") and number.isdecimal():
        return {"line": int(number), "field": column}
    return {"line": None, "field": name}


def token_of(kind: str, partner: str, file_hash: str, report: Mapping[str, Any]) -> str:
    """Return the token of what was shown: the file, and what its import would do.

    The token changes with the file, and when another import in between changes which rows are new.
    """
    shown = {name: report.get(name) for name in ("rows", "new", "sums", "warnings")}
    text = json.dumps([kind, partner, file_hash, shown], sort_keys=True, default=str)
    return "im_" + sha256(text.encode()).hexdigest()[:40]
