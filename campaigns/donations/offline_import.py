"""Import donations received offline (bank transfer, cash box) from a file: all rows or none.

They are processed like a partner's donations, under the reserved name `offline`: kept in the inbox, once per
reference, matched by the time of payment, and reconciled with the bank by `import-statement offline FILE`.
"""

from collections.abc import Sequence

from campaigns.audit import record_audit
from campaigns.dependencies import Dependencies
from campaigns.donations.offline_file import Event, read
from kernel.clock import parse_time
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from payments.inbox import store
from payments.messages import message
from payments.partner_events import OFFLINE
from payments.partners import create, known


def import_donations(tx: Tx, deps: Dependencies, text: str, actor: str) -> int:
    """Import a file of offline donations and return how many were new. Idempotent.

    Raises Invalid `import_invalid` for unreadable rows, unknown projects and times at which no campaign of the
    project was open, and Conflict `donation_id_reused` for a reference that stands for another donation.
    """
    events = read(text)
    if wrong := _misplaced(tx, events):
        raise Invalid("import_invalid", fields=wrong)
    _register(tx, deps)
    source = f"partner:{OFFLINE}"
    stored = store(tx, [message(source, event["id"], event, compare=True) for event in events.values()])
    if stored.conflicting:
        raise Conflict("donation_id_reused")
    record_audit(tx, actor, "donations.import", source, donations=stored.new)
    return stored.new


def _register(tx: Tx, deps: Dependencies) -> None:
    """Register the reserved partner; its signing secret is shown to nobody, so it cannot send webhooks."""
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
