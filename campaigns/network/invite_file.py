"""Invite many people by a table of name, role and node code: all of its rows, or every fault in it."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.import_plan import by_line
from campaigns.network.links import list_invitations
from campaigns.network.models import Organisation
from campaigns.network.people import name_faults
from campaigns.network.roles import Role
from kernel.db import Tx
from kernel.errors import Fault, Invalid, fault
from kernel.tables import Column, Layout, Row, read_table

MOST_ROWS = 4_000  # more than the nodes of one city
LAYOUT = Layout(
    "invitations",
    (
        Column("name", ("name", "姓名"), required=False),
        Column("role", ("role", "角色")),
        Column("branch", ("branch", "code", "机构代码", "机构编码", "代码", "编码"), exact=True),
    ),
    ours=True,
)


class Guest(NamedTuple):
    """A person to invite: a row of the file, with the name of the node."""

    line: int
    name: str
    role: str
    branch_code: str
    branch_name: str


class GuestList(NamedTuple):
    """A parsed file; `faults` by `line N.column` in the order of lines, `unread` are the titles of columns that are
    not read. `foreign`: a row names a node of another branch, whose fault is that of an unknown one. `repeated`:
    how many of the people have an open invitation with this name, role and branch."""

    guests: list[Guest]
    faults: Mapping[str, Fault]
    unread: Sequence[str]
    foreign: bool
    repeated: int


def read_guests(tx: Tx, data: bytes | str, roles: Mapping[str, str], branch: str | None) -> GuestList:
    """Parse a table of people to invite.

    `roles` maps a role as people write it to the role, for the roles that the caller may give; `branch` limits the
    nodes. A repeated row is a fault. Raises Invalid `import_invalid` for a file that is not a table or has too many
    rows.
    """
    table = read_table(data, (LAYOUT,))
    if len(table.rows) > MOST_ROWS:
        raise Invalid("import_invalid", fields={"file": fault("too_many_rows", most=MOST_ROWS)})
    named = _nodes(tx, {row.cells["branch"] for row in table.rows})
    nodes = {node.code: node for node in named if branch is None or branch in node.lineage}
    guests, faults = [], dict(table.faults)
    seen: dict[tuple[str, str, str], int] = {}
    for row in table.rows:
        guest = _guest(row, roles, nodes)
        refused_cells = _faults(guest, nodes, roles.values())
        key = (guest.name, guest.role, guest.branch_code)
        if guest.name and key in seen:
            refused_cells["name"] = fault("repeated_line", line=seen[key])
        seen.setdefault(key, row.line)
        for column, refused in refused_cells.items():
            faults.setdefault(f"line {row.line}.{column}", refused)  # what spoilt a cell explains more
        guests.append(guest)
    invited = {(link.name, link.role, link.branch_code) for link in list_invitations(tx, branch)}
    repeated = sum((guest.name, guest.role, guest.branch_code) in invited for guest in guests)
    return GuestList(guests, by_line(faults), table.unread, len(nodes) < len(named), repeated)


def _nodes(tx: Tx, codes: Collection[str]) -> Sequence[Organisation]:
    return tx.all(select(Organisation).where(col(Organisation.code).in_(codes)))


def _guest(row: Row, roles: Mapping[str, str], nodes: Mapping[str, Organisation]) -> Guest:
    written, code = row.cells["role"], row.cells["branch"]
    role = roles.get(written, written)
    return Guest(row.line, row.cells.get("name", ""), role, code, nodes[code].name if code in nodes else "")


def _faults(guest: Guest, nodes: Mapping[str, Organisation], allowed: Collection[str]) -> dict[str, Fault]:
    faults = name_faults(guest.name)
    if guest.role not in allowed:
        faults["role"] = fault("not_one_of", options=[role for role in Role if role in allowed])
    if guest.branch_code not in nodes:
        faults["branch"] = fault("unknown_organisation")
    elif nodes[guest.branch_code].closed_at is not None:
        faults["branch"] = fault("organisation_closed")
    return faults
