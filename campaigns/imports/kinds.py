"""The kinds of files that can be imported, and how each is planned and written."""

from collections.abc import Callable
from typing import Any, NamedTuple

from campaigns.bank.import_lines import plan_lines, read_bank_file, write_lines
from campaigns.closing.reconciliation.import_statement import partner_name, plan_statement, write_statement
from campaigns.closing.reconciliation.reconcile import compare
from campaigns.dependencies import Dependencies
from campaigns.desks import receipt_file, receipt_import
from campaigns.import_plan import Confirmation, ImportPlan
from campaigns.intake import offline_file, offline_import
from campaigns.network import import_tree, tree_file
from campaigns.network.roles import Permission
from campaigns.payouts import bank_answers
from campaigns.projects import import_projects, project_file
from kernel.db import Tx
from kernel.errors import NotFound
from kernel.tables import Layout, Track
from payments.bank import bank_csv, pain002
from payments.bills.bill import read_bill
from payments.bills.bill_formats import FORMATS

Apart = Callable[[Callable[[], Any]], Any]  # runs a CPU-bound function without blocking other requests


def here(act: Callable[[], Any]) -> Any:
    """Call the function in place, where no other request waits."""
    return act()


class ImportRequest(NamedTuple):
    """A requested import: the kind of file, the partner whose bill it is, the branch that contains all of it (None:
    anywhere), and who confirms it."""

    kind: str
    confirmation: Confirmation
    partner: str = ""
    branch_code: str | None = None


class Kind(NamedTuple):
    """How files of one kind are imported. `whole_network`: only for callers whose branch is the whole network.

    `read` needs no database and may take seconds. `plan` runs in the transaction in which `write` writes, after
    `lock`, so that nothing changes in between.
    """

    permission: Permission
    whole_network: bool
    layouts: tuple[Layout, ...]
    read: Callable[[ImportRequest, bytes, Track], Any]
    plan: Callable[[Tx, Dependencies, ImportRequest, Any], ImportPlan[Any]]
    write: Callable[[Tx, Dependencies, ImportRequest, ImportPlan[Any], Track], int]
    lock: Callable[[Tx, Dependencies], object] = lambda _tx, _deps: None


KINDS = {
    "donations": Kind(
        Permission.RECONCILE,
        whole_network=False,
        layouts=(offline_file.LAYOUT,),
        read=lambda _request, data, track: offline_file.read(data, track),
        plan=lambda tx, deps, request, file: offline_import.plan_donations(
            tx, deps, file, request.confirmation, request.branch_code
        ),
        write=lambda tx, deps, request, plan, track: offline_import.write_donations(
            tx, deps, plan, _actor(request), request.confirmation, track
        ),
        lock=lambda tx, _deps: offline_import.lock(tx),
    ),
    "statement": Kind(
        Permission.RECONCILE,
        whole_network=True,
        layouts=tuple(bill_format.layout for bill_format in FORMATS),
        read=lambda request, data, track: read_bill(request.partner, data, track),
        plan=lambda tx, _deps, _request, bill: plan_statement(tx, bill),
        write=lambda tx, _deps, request, plan, track: write_statement(
            tx, plan, request.partner, _actor(request), track
        ),
    ),
    "bank": Kind(
        Permission.RECONCILE,
        whole_network=True,
        layouts=bank_csv.LAYOUTS,
        read=lambda _request, data, track: read_bank_file(data, track),
        plan=lambda tx, _deps, _request, file: plan_lines(tx, file),
        write=lambda tx, _deps, request, plan, track: _write_bank(tx, request, plan, track),
    ),
    "payment_report": Kind(
        Permission.FUNDS_WRITE,
        whole_network=False,
        layouts=(pain002.LAYOUT,),
        read=lambda _request, data, _track: pain002.read_answers(data),
        plan=lambda tx, deps, request, file: bank_answers.plan_answers(
            tx, deps, file, request.confirmation, request.branch_code
        ),
        write=lambda tx, _deps, request, plan, track: bank_answers.write_answers(tx, plan, _actor(request), track),
        lock=lambda tx, _deps: bank_answers.lock(tx),
    ),
    "projects": Kind(
        Permission.PROJECTS_WRITE,
        whole_network=False,
        layouts=(project_file.LAYOUT,),
        read=lambda _request, data, track: project_file.read(data, track),
        plan=lambda tx, _deps, request, file: import_projects.plan_projects(tx, file, request.branch_code),
        write=lambda tx, _deps, request, plan, track: import_projects.write_projects(
            tx, plan, _actor(request), track
        ),
    ),
    "receipts": Kind(
        Permission.RECEIPTS,
        whole_network=False,
        layouts=(receipt_file.LAYOUT,),
        read=lambda _request, data, track: receipt_file.read(data, track),
        plan=lambda tx, _deps, request, file: receipt_import.plan_receipts(tx, file, request.branch_code),
        write=lambda tx, _deps, request, plan, track: receipt_import.write_receipts(
            tx, plan, _actor(request), track
        ),
    ),
    "network": Kind(
        Permission.PEOPLE_WRITE,
        whole_network=True,
        layouts=(tree_file.LAYOUT,),
        read=lambda _request, data, track: tree_file.read_file(data, track),
        plan=lambda tx, _deps, _request, file: import_tree.plan_tree(tx, file),
        write=lambda tx, _deps, request, plan, _track: import_tree.write_tree(tx, plan, _actor(request)),
        lock=lambda tx, _deps: import_tree.lock(tx),
    ),
}


def kind_of(name: str) -> Kind:
    """Return a kind by its name. Raises NotFound `import_kind_unknown`."""
    if name not in KINDS:
        raise NotFound("import_kind_unknown", kinds=", ".join(KINDS))
    return KINDS[name]


def admit(tx: Tx, request: ImportRequest) -> ImportRequest:
    """Return a request as it will be processed, for bills with the partner's name.

    Raises NotFound `import_kind_unknown`, and for bills `partner_unknown` and Invalid `statement_by_api`.
    """
    kind_of(request.kind)
    return request._replace(partner=partner_name(tx, request.partner) if request.kind == "statement" else "")


def preview(
    deps: Dependencies, request: ImportRequest, data: bytes, track: Track = iter, *, apart: Apart = here
) -> ImportPlan[Any]:
    """Return what an import of a file would do, without changing anything. The file is read `apart`.

    Raises what `admit` raises, and Invalid `import_invalid` for a file that is not a table.
    """
    with deps.db.transaction() as tx:
        request = admit(tx, request)
    kind = kind_of(request.kind)
    file = apart(lambda: kind.read(request, data, track))
    with deps.db.transaction() as tx:
        return kind.plan(tx, deps, request, file)


class Imported(NamedTuple):
    """How many rows of a file were new, and the plan that was executed."""

    added: int
    plan: ImportPlan[Any]


def import_file(
    deps: Dependencies,
    request: ImportRequest,
    data: bytes,
    track: Track = iter,
    note: Callable[[Tx, Imported], object] = lambda _tx, _imported: None,
) -> Imported:
    """Import all rows of a file or none. Idempotent. `note` stores the outcome in the same transaction.

    Raises what `admit` raises, and what `ImportPlan.require_sound` raises.
    """
    with deps.db.transaction() as tx:
        request = admit(tx, request)
    kind = kind_of(request.kind)
    file = kind.read(request, data, track)
    with deps.db.transaction() as tx:
        kind.lock(tx, deps)
        plan = kind.plan(tx, deps, request, file)
        imported = Imported(kind.write(tx, deps, request, plan, track), plan)
        note(tx, imported)
        return imported


def _actor(request: ImportRequest) -> str:
    return request.confirmation.entered_by


def _write_bank(tx: Tx, request: ImportRequest, plan: ImportPlan[Any], track: Track) -> int:
    """Store the lines of a bank statement, and compare the books with them."""
    added = write_lines(tx, plan, _actor(request), track)
    if added:
        compare(tx)
    return added
