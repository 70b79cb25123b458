"""Search the audit trail by subject, actor, action and time, newest first, limited to a branch."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from kernel.db import Tx

MOST_SHOWN = 50

_HOSTED = """SELECT FROM campaign c JOIN organisation o ON o.code = c.host_code
              WHERE o.lineage @> ARRAY[CAST(:branch AS text)] AND c.id """
_GIVEN_TO = """SELECT FROM donation d JOIN project p ON p.id = d.project_id
                WHERE p.lineage @> ARRAY[CAST(:branch AS text)] AND d.id """


def _at(table: str, column: str) -> str:
    """Return the SQL of a table's rows that name an organisation of the branch."""
    return f"""SELECT FROM {table} t JOIN organisation o ON o.code = t.{column}
                WHERE t.id = {{id}} AND o.lineage @> ARRAY[CAST(:branch AS text)]"""


def _of_lineage(table: str, key: str = "id") -> str:
    return f"SELECT FROM {table} t WHERE t.{key} = {{id}} AND t.lineage @> ARRAY[CAST(:branch AS text)]"


# Kind of subject -> the condition on `{id}` that it belongs to `:branch` or below.
OF_BRANCH = {
    "organisation": _of_lineage("organisation", "code"),
    "project": _of_lineage("project"),
    "approval": _of_lineage("approval"),
    "manager": _at("manager", "branch_code"),
    "token": _at("api_token", "branch_code"),
    "invitation": _at("account_link", "branch_code"),
    "fund": _at("fund", "organisation_code"),
    "agreement": _at("agreement", "organisation_code"),
    "view": _at("saved_view", "branch_code"),
    "spending": """SELECT FROM spending s JOIN project p ON p.id = s.project_id
                    WHERE s.id = {id} AND p.lineage @> ARRAY[CAST(:branch AS text)]""",
    "goods": """SELECT FROM goods g JOIN project p ON p.id = g.project_id
                 WHERE g.id = {id} AND p.lineage @> ARRAY[CAST(:branch AS text)]""",
    "self_check": _at("self_check", "organisation_code"),
    "payee": _at("payee_account", "organisation_code"),
    "payout_plan": f"{_HOSTED} IN (SELECT campaign_id FROM payout_plan WHERE id = {{id}})",
    "remittance": f"""{_HOSTED} IN (SELECT l.campaign_id FROM remittance r
                                      JOIN payout_plan l ON l.id = r.plan_id WHERE r.id = {{id}})""",
    "import": _at("import_run", "branch_code"),
    "campaign": f"{_HOSTED} = {{id}}",
    "pot": f"{_HOSTED} IN (SELECT campaign_id FROM pot WHERE id = {{id}})",
    "discrepancy": f"{_HOSTED} IN (SELECT campaign_id FROM discrepancy WHERE id = {{id}})",
    "payment_exception": f"""{_HOSTED} IN (SELECT g.campaign_id FROM payment_exception x
                                             JOIN donation g ON g.id = x.donation_id WHERE x.id = {{id}})""",
    "donation": f"{_GIVEN_TO} = {{id}}",
    "case": f"{_GIVEN_TO} IN (SELECT donation_id FROM screening_case WHERE id = {{id}})",
    "refund": f"{_GIVEN_TO} IN (SELECT donation_id FROM refund WHERE id = {{id}})",
    "receipt": f"{_GIVEN_TO} IN (SELECT donation_id FROM receipt_request WHERE id = {{id}})",
    "question": f"{_GIVEN_TO} IN (SELECT donation_id FROM donor_question WHERE id = {{id}})",
    "words": f"{_GIVEN_TO} IN (SELECT donation_id FROM public_words WHERE id = {{id}})",
    "objection": f"{_HOSTED} IN (SELECT campaign_id FROM objection WHERE id = {{id}})",
    "team": f"{_HOSTED} IN (SELECT campaign_id FROM team WHERE id = {{id}})",
    "refund_request": f"{_GIVEN_TO} IN (SELECT donation_id FROM refund_request WHERE id = {{id}})",
}
# These belong to the federation as a whole, so callers with a branch do not see them.
OF_FEDERATION = frozenset(
    {
        "network",
        "projects",
        "receipts",
        "donations",
        "donors",
        "table",
        "switch",
        "keys",
        "partner",
        "provider",
        "payment",
        "inbox_conflict",
        "inbox_event",
        "watch",
        "offline",
        "bank",
        "goal",
        "chart",
        "month",
        "period",
        "statement",
        "voucher_run",
        "training",
    }
)
_FORMS = {"organisation": (".+", "text"), "donation": ("[0-9a-f-]{36}", "uuid")}  # kind -> form and type of its id
_NUMBER = ("[0-9]{1,18}", "bigint")


def _in_branch() -> str:
    """Return the condition that an entry is about something in the branch. The id is parsed only where there is
    one."""
    cases = []
    for kind, condition in OF_BRANCH.items():
        form, type_ = _FORMS.get(kind, _NUMBER)
        belongs = condition.format(id=f"CAST(substr(e.subject, {len(kind) + 2}) AS {type_})")
        cases.append(f"WHEN '{kind}' THEN e.subject ~ '^{kind}:{form}$' AND EXISTS ({belongs})")
    return f"CASE split_part(e.subject, ':', 1) {' '.join(cases)} ELSE false END"


def is_placed(subject: str) -> bool:
    """Return whether it is defined to whom subjects of this kind belong."""
    kind = subject.partition(":")[0]
    return kind in OF_BRANCH or kind in OF_FEDERATION


_CONDITIONS = {
    "subject": "e.subject = :subject",
    "kind": "starts_with(e.subject, CAST(:kind AS text) || ':')",
    "actor": "e.actor = :actor",
    "action": "(e.action = :action OR starts_with(e.action, CAST(:action AS text) || '.'))",
    "since": "e.at >= :since",
    "until": "e.at < :until",
    "before": "e.id < :before",
    "branch": _in_branch(),
}


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """The filters of a search; None matches any. An `action` may be complete (`pot.create`) or the first part
    (`pot`).

    `before` is the id after which the list continues; `branch` limits it to what belongs to that branch; `kind` is
    the first part of subjects (`pot`).
    """

    subject: str | None = None
    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    branch: str | None = None
    kind: str | None = None


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
    """Return the newest matching entries."""
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
