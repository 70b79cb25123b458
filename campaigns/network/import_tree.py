"""Import the tree of organisations: all rows of a file or none. Idempotent."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from campaigns.audit import record_audit
from campaigns.import_plan import ImportPlan, Sum, by_line
from campaigns.network.tree_file import Node, TreeFile, level_fault
from kernel.db import Tx
from kernel.errors import Fault, Invalid, fault


class Imported(NamedTuple):
    """How many organisations an import added, left unchanged, renamed, and only gave another centre."""

    added: int
    unchanged: int
    renamed: int
    placed: int = 0


def import_tree(tx: Tx, nodes: Sequence[Node], actor: str) -> Imported:
    """Import nodes into the tree, all or none. Idempotent. Organisations that are not among them stay.

    Raises Invalid `import_invalid` when an organisation would move to another parent or level, because running
    projects hold a copy of its lineage, and when its superior is neither among the nodes nor in the tree.
    """
    lock(tx)
    changes = _changes(tx, nodes)
    if changes.moved or changes.unplaced:
        raise Invalid("import_invalid", fields=by_line(changes.moved | changes.unplaced))
    return _store(tx, changes, actor)


def lock(tx: Tx) -> None:
    """Serialise imports. The lock does not block readers or the foreign key checks of other transactions."""
    tx.run("LOCK TABLE organisation IN SHARE ROW EXCLUSIVE MODE")


def plan_tree(tx: Tx, file: TreeFile) -> ImportPlan[Node]:
    """Compare a file with the tree; change nothing. A changed name is a warning, and so is a superior that only the
    tree contains, once."""
    changes = _changes(tx, file.nodes)
    result = changes.result()
    return ImportPlan(
        kind="network",
        table=file.table,
        new=(*changes.added, *changes.renamed, *changes.placed),
        sums=tuple(Sum(name, rows) for name, rows in result._asdict().items()),
        skipped=file.table.skipped,
        faults={**changes.unplaced, **file.faults},
        contradictions=changes.moved,
        warnings={
            f"line {node.line}.name": fault("renamed", before=changes.names[node.code]) for node in changes.renamed
        }
        | changes.attached,
        contradiction_code="import_invalid",
    )


def write_tree(tx: Tx, plan: ImportPlan[Node], actor: str) -> int:
    """Store the new nodes of a plan that was made after `lock`, and return their number.

    Raises what `require_sound` raises.
    """
    plan.require_sound()
    _write(tx, plan.new)
    record_audit(tx, actor, "network.import", "network", **{part.name: part.rows for part in plan.sums})
    return len(plan.new)


class _Changes(NamedTuple):
    """The changes that nodes would make, and the present names in the tree.

    `unplaced`: the rows whose superior cannot take them; `attached`: for each superior that only the tree contains,
    the first row below it.
    """

    nodes: Sequence[Node]
    added: list[Node]
    renamed: list[Node]
    placed: list[Node]
    moved: dict[str, Fault]
    unplaced: dict[str, Fault]
    attached: dict[str, Fault]
    names: dict[str, str]

    def result(self) -> Imported:
        same = len(self.nodes) - len(self.added) - len(self.renamed) - len(self.placed)
        return Imported(len(self.added), same, len(self.renamed), len(self.placed))


def _changes(tx: Tx, nodes: Sequence[Node]) -> _Changes:
    rows = tx.rows(
        """SELECT code, name, level, parent_code, lineage, merged_into, closed_at, latitude, longitude
             FROM organisation"""
    )
    known = {row.code: row for row in rows}
    added, unplaced, attached = _below_the_tree(known, [node for node in nodes if node.code not in known])
    moved = {
        f"line {node.line}.parent_code": fault("moved_in_tree")
        for node in nodes
        if node.code in known
        and known[node.code].merged_into is None
        and (known[node.code].level, known[node.code].parent_code)
        != (node.level, _goes_on(known, node.parent_code))
    }
    renamed = [node for node in nodes if node.code in known and known[node.code].name != node.name]
    placed = [
        node
        for node in nodes
        if node.code in known
        and known[node.code].name == node.name
        # A file without a centre leaves the stored one unchanged.
        and node.latitude is not None
        and (known[node.code].latitude, known[node.code].longitude) != (node.latitude, node.longitude)
    ]
    names = {code: row.name for code, row in known.items()}
    return _Changes(nodes, added, renamed, placed, moved, unplaced, attached, names)


def _below_the_tree(
    known: Mapping[str, Any], nodes: Sequence[Node]
) -> tuple[list[Node], dict[str, Fault], dict[str, Fault]]:
    """Continue the lineages of new nodes up to the city. Return the nodes, the faults of those whose superior
    cannot take them, and for each superior that is in the tree only, a notice on its first row."""
    tops = {node.code: node for node in nodes if node.code == node.lineage[0] and node.parent_code}
    above: dict[str, Any] = {}
    faults: dict[str, Fault] = {}
    notices: dict[str, Fault] = {}
    for top in tops.values():
        parent = known.get(_goes_on(known, top.parent_code) or "")
        place = f"line {top.line}.parent_code"
        if parent is None:
            faults[place] = fault("parent_missing")
        elif refused := _parent_fault(top, parent):
            faults[place] = refused
        else:
            if parent not in above.values():
                notices[place] = fault("parent_in_tree", name=parent.name)
            above[top.code] = parent
    placed = []
    for node in nodes:
        top_code = node.lineage[0]
        if top_code in above:
            parent = above[top_code]
            own = parent.code if node.code == top_code else node.parent_code
            placed.append(node._replace(parent_code=own, lineage=(*parent.lineage, *node.lineage)))
        elif top_code not in tops:
            superiors = known[top_code].lineage[:-1] if top_code in known else ()
            placed.append(node._replace(lineage=(*superiors, *node.lineage)))
    return placed, faults, notices


def _parent_fault(node: Node, parent: Any) -> Fault | None:
    """Check that an organisation of the tree can be the superior of a new node."""
    return level_fault(node, parent.level) or (fault("organisation_closed") if parent.closed_at else None)


def _goes_on(known: Mapping[str, Any], code: str | None) -> str | None:
    """Return the node that took over a merged one, because older files name the old node."""
    while code is not None and code in known and known[code].merged_into is not None:
        code = known[code].merged_into
    return code


def _store(tx: Tx, changes: _Changes, actor: str) -> Imported:
    _write(tx, [*changes.added, *changes.renamed, *changes.placed])
    record_audit(tx, actor, "network.import", "network", **changes.result()._asdict())
    return changes.result()


def _write(tx: Tx, nodes: Sequence[Node]) -> None:
    """Write all rows in one statement, so that the order is free: the foreign key to the parent is checked at its
    end."""
    tx.run(
        """INSERT INTO organisation (code, name, level, parent_code, lineage, created_at, latitude, longitude)
           SELECT n.code, n.name, n.level, n.parent_code, string_to_array(n.lineage, '/'), :now,
                  n.latitude, n.longitude
             FROM unnest(CAST(:code AS text[]), CAST(:name AS text[]), CAST(:level AS text[]),
                         CAST(:parent AS text[]), CAST(:lineage AS text[]),
                         CAST(:latitude AS float8[]), CAST(:longitude AS float8[]))
                  AS n(code, name, level, parent_code, lineage, latitude, longitude)
           ON CONFLICT (code) DO UPDATE SET name = excluded.name,
                  latitude = coalesce(excluded.latitude, organisation.latitude),
                  longitude = coalesce(excluded.longitude, organisation.longitude)""",
        code=[node.code for node in nodes],
        name=[node.name for node in nodes],
        level=[node.level for node in nodes],
        parent=[node.parent_code for node in nodes],
        latitude=[node.latitude for node in nodes],
        longitude=[node.longitude for node in nodes],
        lineage=["/".join(node.lineage) for node in nodes],  # a code contains no slash
        now=tx.now,
    )
