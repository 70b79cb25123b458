"""Import a provider's statement from a file."""

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from campaigns.audit import record_audit
from kernel.db import Tx
from kernel.errors import Fault, Invalid, fault
from payments.bill import Bill, read_bill
from payments.gateway import StatementLine
from payments.partners import known
from payments.statements import FETCHED, store


def import_statement(tx: Tx, provider: str, data: bytes | str, actor: str) -> int:
    """Import a partner's daily bill and return how many lines were new. Idempotent.

    `provider` is the partner's name, with or without `partner:`. Raises Invalid `import_invalid` naming every
    invalid row, `statement_by_api` for a provider with an API, Conflict `statement_contradicts` for a line that was
    imported with another amount or for another donation before, NotFound `partner_unknown`.
    """
    bill = check_statement(tx, provider, data)
    if bill.faults:
        raise Invalid("import_invalid", fields=bill.faults)
    added = store(tx, list(bill.lines.values()))
    name = provider.removeprefix("partner:")
    record_audit(tx, actor, "statement.import", f"provider:{name}", lines=added, format=bill.table.layout.name)
    return added


def check_statement(tx: Tx, provider: str, data: bytes | str) -> Bill:
    """Read a bill and check it against earlier ones; nothing is stored. `faults` name what is wrong.

    Raises Invalid `import_invalid` for what is no table, `statement_by_api`, NotFound `partner_unknown`.
    """
    name = provider.removeprefix("partner:")
    if name in FETCHED:
        raise Invalid("statement_by_api")
    known(tx, name)
    bill = read_bill(name, data)
    unexplained = _came_back_without_leaving(tx, bill.lines)
    return bill._replace(faults={**bill.faults, **unexplained})


def _came_back_without_leaving(tx: Tx, lines: Mapping[int, StatementLine]) -> dict[str, Fault]:
    """Fault positive refunds (money that came back) beyond what bills say was refunded: mostly a wrong sign."""
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
