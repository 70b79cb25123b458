"""Search the audit trail: by subject, actor, action and time, newest first, limited to what is about a branch."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from kernel.db import Tx

MOST_SHOWN = 50

# Kind of subject -> whose it is: a condition on `{id}` that holds when the subject belongs to `:branch` or below.
# What is missing here (imports of the network, watch list, messages, partners ...) belongs to the federation.
_HOSTED = """SELECT FROM campaign c JOIN organisation o ON o.code = c.host_code
              WHERE o.lineage @> ARRAY[CAST(:branch AS text)] AND c.id """
_GIVEN_TO = """SELECT FROM donation d JOIN project p ON p.id = d.project_id
                WHERE p.lineage @> ARRAY[CAST(:branch AS text)] AND d.id """
_WORKS_IN = "o.lineage @> ARRAY[CAST(:branch AS text)]"
_NUMBER, _CODE, _UUID = "[0-9]{1,18}", ".+", "[0-9a-f-]{36}"
_BELONGS: dict[str, tuple[str, str, str]] = {  # kind -> pattern of its id, type of its id, the condition
    "organisation": (_CODE, "text", f"SELECT FROM organisation o WHERE o.code = {{id}} AND {_WORKS_IN}"),
    "manager": (
        _NUMBER,
        "bigint",
        f"""SELECT FROM manager m JOIN organisation o ON o.code = m.branch_code
             WHERE m.id = {{id}} AND {_WORKS_IN}""",
    ),
    "token": (
        _NUMBER,
        "bigint",
        f"""SELECT FROM api_token t JOIN organisation o ON o.code = t.branch_code
             WHERE t.id = {{id}} AND {_WORKS_IN}""",
    ),
    "fund": (
        _NUMBER,
        "bigint",
        f"""SELECT FROM fund f JOIN organisation o ON o.code = f.organisation_code
             WHERE f.id = {{id}} AND {_WORKS_IN}""",
    ),
    "import": (
        _NUMBER,
        "bigint",
        f"""SELECT FROM import_run r JOIN organisation o ON o.code = r.branch_code
             WHERE r.id = {{id}} AND {_WORKS_IN}""",
    ),
    "project": (
        _NUMBER,
        "bigint",
        "SELECT FROM project p WHERE p.id = {id} AND p.lineage @> ARRAY[CAST(:branch AS text)]",
    ),
    "campaign": (_NUMBER, "bigint", f"{_HOSTED} = {{id}}"),
    "pot": (_NUMBER, "bigint", f"{_HOSTED} IN (SELECT campaign_id FROM pot WHERE id = {{id}})"),
    "discrepancy": (_NUMBER, "bigint", f"{_HOSTED} IN (SELECT campaign_id FROM discrepancy WHERE id = {{id}})"),
    "payment_exception": (
        _NUMBER,
        "bigint",
        f"""{_HOSTED} IN (SELECT g.campaign_id FROM payment_exception x JOIN donation g ON g.id = x.donation_id
                           WHERE x.id = {{id}})""",
    ),
    "donation": (_UUID, "uuid", f"{_GIVEN_TO} = {{id}}"),
    "case": (_NUMBER, "bigint", f"{_GIVEN_TO} IN (SELECT donation_id FROM screening_case WHERE id = {{id}})"),
    "refund": (_NUMBER, "bigint", f"{_GIVEN_TO} IN (SELECT donation_id FROM refund WHERE id = {{id}})"),
    "refund_request": (
        _NUMBER,
        "bigint",
        f"{_GIVEN_TO} IN (SELECT donation_id FROM refund_request WHERE id = {{id}})",
    ),
}


def _in_branch() -> str:
    """The condition that an entry is about something of the branch. The id is read only where it is one."""
    cases = (
        f"""WHEN '{kind}' THEN e.subject ~ '^{kind}:{pattern}$'
                 AND EXISTS ({condition.format(id=f"CAST(substr(e.subject, {len(kind) + 2}) AS {type_})")})"""
        for kind, (pattern, type_, condition) in _BELONGS.items()
    )
    return f"CASE split_part(e.subject, ':', 1) {' '.join(cases)} ELSE false END"


_CONDITIONS = {
    "subject": "e.subject = :subject",
    "actor": "e.actor = :actor",
    "action": "(e.action = :action OR starts_with(e.action, CAST(:action AS text) || '.'))",
    "since": "e.at >= :since",
    "until": "e.at < :until",
    "before": "e.id < :before",
    "branch": _in_branch(),
}


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which entries are wanted; None: any. An `action` may be a whole one (`pot.create`) or its first part (`pot`).

    `before` is the id behind which the list goes on; `branch` limits it to what belongs to that branch.
    """

    subject: str | None = None
    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    branch: str | None = None


class AuditLine(NamedTuple):
    """An entry of the audit trail; `block` is the block of the chain that seals it, None while none does."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    address: str
    block: int | None


class AuditPage(NamedTuple):
    """Entries, newest first; `before` continues the list, None at its end."""

    entries: list[AuditLine]
    before: int | None


def search(tx: Tx, query: AuditQuery, most: int = MOST_SHOWN) -> AuditPage:
    """Return the newest entries that fit."""
    values = {name: getattr(query, name) for name in _CONDITIONS}
    wanted = " AND ".join(sql for name, sql in _CONDITIONS.items() if values[name] is not None) or "true"
    rows = tx.rows_as(
        AuditLine,
        f"""SELECT e.id, e.at, e.actor, e.action, e.subject, e.detail, e.address,
                   (SELECT b.number FROM audit_block b
                     WHERE b.source = 'audit_entry' AND b.last_id >= e.id ORDER BY b.last_id LIMIT 1) AS block
              FROM (SELECT * FROM audit_entry e WHERE {wanted} ORDER BY e.id DESC LIMIT :most) AS e
             ORDER BY e.id DESC""",
        most=most + 1,
        **values,
    )
    return AuditPage(rows[:most], rows[most - 1].id if len(rows) > most else None)
