"""Import a provider's statement from a file."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from campaigns.audit import record_audit
from campaigns.closing.reconciliation.line_corrections import corrections_refused
from campaigns.closing.reconciliation.reconcile import compare
from campaigns.import_plan import ImportPlan, Sum
from campaigns.intake.offline_checks import stored_spellings
from campaigns.intake.offline_import import SOURCE
from kernel.db import Tx
from kernel.errors import Fault, Invalid, fault
from kernel.ids import donation_id_of
from kernel.tables import Track, line_of
from payments.bills.bill import Bill, read_bill
from payments.bills.bill_merchants import merchants_refused
from payments.bills.bill_totals import totals_refused
from payments.gateway import StatementLine
from payments.mappings.document import parameter_words
from payments.mappings.partner_mappings import parameters_of
from payments.partners.partner_events import OFFLINE
from payments.partners.partners import known
from payments.statements import FETCHED, contradictions, dropped, keep_dropped, kept_beside, known_lines, store

AHEAD_MOST = timedelta(days=366)


def import_statement(tx: Tx, provider: str, data: bytes | str, actor: str) -> int:
    """Import a partner's daily bill and return how many lines were new. Idempotent. Lines of a second, different
    bill are stored beside the first (`payments.statements.store`), and lines that it lacks are recorded.

    `provider` is the partner's name, with or without `partner:`. Raises Invalid `import_invalid` with every invalid
    row, and what `partner_name` raises.
    """
    name = partner_name(tx, provider)
    return write_statement(tx, plan_statement(tx, read_bill(name, data)), name, actor)


def partner_name(tx: Tx, provider: str) -> str:
    """Return the name of a registered partner.

    Raises Invalid `statement_by_api` for a provider with an API, NotFound `partner_unknown`.
    """
    name = provider.removeprefix("partner:")
    if name in FETCHED:
        raise Invalid("statement_by_api")
    return known(tx, name).name


def plan_statement(tx: Tx, bill: Bill) -> ImportPlan[StatementLine]:
    """Check a bill against earlier ones; change nothing. Lines that contradict earlier bills are warnings: the
    import would store them beside the earlier ones. Lines of another app are counted and left out."""
    bill, others = _of_our_apps(tx, bill)
    bill = _spelt_as_entered(tx, bill)
    lines = list(bill.lines.values())
    numbers = {line.line_id: number for number, line in bill.lines.items()}
    again, gone, known_count = contradictions(tx, lines), dropped(tx, lines), known_lines(tx, lines)
    return ImportPlan(
        kind="statement",
        table=bill.table,
        new=tuple(lines),
        sums=(
            *_sums(lines, known_count),
            *([Sum("another_app", len(others), sum(line.amount_minor for line in others))] if others else ()),
            *([Sum("beside", len(again))] if again else ()),
            *([Sum("dropped", len(gone), sum(line.amount_minor for line in gone))] if gone else ()),
        ),
        skipped=bill.skipped,
        times=tuple(line.occurred_at for line in lines),
        faults={
            **bill.faults,
            **merchants_refused(bill.table, _parameters(tx, bill)),
            **_ahead_of_time(tx, bill.lines),
            **_came_back_without_leaving(tx, bill.lines),
            **corrections_refused(tx, bill.lines),
        },
        warnings={
            f"line {numbers[place.removeprefix('line_id ')]}.line_id": contradiction
            for place, contradiction in again.items()
        },
        stored=known_count == len(lines) and kept_beside(tx, lines, again, gone),
    )


def _parameters(tx: Tx, bill: Bill) -> Mapping[str, str]:
    """Return the parameters of the mapping of the platform whose bill it is; empty for other bills."""
    provider = next((line.provider for line in bill.lines.values()), "")
    return parameters_of(tx, provider.removeprefix("partner:")) if provider else {}


def _of_our_apps(tx: Tx, bill: Bill) -> tuple[Bill, list[StatementLine]]:
    """Return a bill without the lines of apps that the platform's mapping does not name, nor their faults, and
    those lines: a merchant's bill lists all of its apps."""
    apps_by_line = {row.line: app for row in bill.table.rows if (app := row.cells.get("app_id"))}
    if not apps_by_line:
        return bill, []
    ours = parameter_words(_parameters(tx, bill).get("appid", ""))
    if not ours:
        return bill, []
    others = {number for number, app in apps_by_line.items() if app not in ours}
    lines = {number: line for number, line in bill.lines.items() if number not in others}
    faults = {place: why for place, why in bill.faults.items() if line_of(place) not in others}
    if bill.faults and not faults:
        faults = totals_refused(bill.table, bill.summary)
    return bill._replace(lines=lines, faults=faults), [
        line for number, line in bill.lines.items() if number in others
    ]


def _spelt_as_entered(tx: Tx, bill: Bill) -> Bill:
    """Return a list of offline donations with each reference as the donation's own file spells it: letter case and
    spaces do not tell two apart. Other bills are returned unchanged."""
    typed = {line.source_id for line in bill.lines.values() if line.provider == SOURCE and line.source_id}
    if not typed:
        return bill
    entered = stored_spellings(tx, SOURCE, typed)
    lines = {
        number: replace(line, source_id=spelt, donation_id=donation_id_of(OFFLINE, spelt))
        if (spelt := entered.get(line.source_id or ""))
        else line
        for number, line in bill.lines.items()
    }
    return bill._replace(lines=lines)


def write_statement(tx: Tx, plan: ImportPlan[StatementLine], name: str, actor: str, track: Track = iter) -> int:
    """Store the new lines of a plan, and contradicting lines beside the earlier ones; return how many are new.
    Raises Invalid `import_invalid`."""
    plan.require_sound()
    gone = keep_dropped(tx, plan.new)
    stored = store(tx, track(plan.new))
    figures = {"lines": stored.new, "beside": stored.beside, "dropped": gone, "format": plan.table.layout.name}
    figures |= {part.name: part.rows for part in plan.sums if part.name == "another_app"}
    record_audit(tx, actor, "statement.import", f"provider:{name}", **figures)
    if gone or any(stored):
        compare(tx)
    return stored.new


_SORTS = {"charges": ("charge",), "refunds": ("refund",), "other": ("fee", "payout", "dispute", "other")}


def _sums(lines: Sequence[StatementLine], known_count: int) -> tuple[Sum, ...]:
    amounts = {name: [line.amount_minor for line in lines if line.kind in kinds] for name, kinds in _SORTS.items()}
    amounts["fees"] = [line.fee_minor for line in lines if line.fee_minor]
    return (*(Sum(name, len(part), sum(part)) for name, part in amounts.items()), Sum("known", known_count))


def _ahead_of_time(tx: Tx, lines: Mapping[int, StatementLine]) -> dict[str, Fault]:
    """Fault lines more than `AHEAD_MOST` after our clock, because a mistyped year puts a bill on a day that is
    never compared. Nearer ones pass, because rehearsals of a closing use bills of future days."""
    latest = tx.now + AHEAD_MOST
    return {
        f"line {number}.occurred_at": fault("in_the_future")
        for number, line in lines.items()
        if line.occurred_at > latest
    }


def _came_back_without_leaving(tx: Tx, lines: Mapping[int, StatementLine]) -> dict[str, Fault]:
    """Fault positive refunds (money that came back) that exceed what bills say was refunded. Most have a wrong
    sign."""
    back = {line.donation_id for line in lines.values() if line.kind == "refund" and line.amount_minor > 0} - {None}
    if not back:
        return {}
    rows = tx.rows(
        """SELECT donation_id, sum(amount_minor)::bigint AS net_minor FROM provider_line
            WHERE kind = 'refund' AND donation_id = ANY(:ids) AND NOT (line_id = ANY(:in_file))
            GROUP BY donation_id""",
        ids=list(back),
        in_file=[line.line_id for line in lines.values()],
    )
    net: dict[UUID | None, int] = defaultdict(int, {row.donation_id: row.net_minor for row in rows})
    for line in lines.values():
        if line.kind == "refund":
            net[line.donation_id] += line.amount_minor
    return {
        f"line {number}": fault("refund_never_left", over_minor=net[line.donation_id])
        for number, line in lines.items()
        if line.kind == "refund" and line.amount_minor > 0 and net[line.donation_id] > 0
    }
