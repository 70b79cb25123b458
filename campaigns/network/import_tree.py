"""Import the tree of organisations: all rows of a file or none. Idempotent."""

from collections.abc import Sequence
from typing import NamedTuple

from campaigns.audit import record_audit
from campaigns.network.tree_file import Node, refusal
from kernel.db import Tx
from kernel.errors import fault


class Imported(NamedTuple):
    """How many organisations an import added, left unchanged and renamed."""

    added: int
    unchanged: int
    renamed: int


def import_tree(tx: Tx, nodes: Sequence[Node], actor: str) -> Imported:
    """Import nodes into the tree, all or none. Idempotent. Organisations that are not among them stay.

    Raises Invalid `import_invalid` when an organisation would move to another parent or level: running projects
    hold a copy of its lineage.
    """
    # One import at a time. The lock does not block readers or the foreign key checks of others.
    tx.run("LOCK TABLE organisation IN SHARE ROW EXCLUSIVE MODE")
    known = {row.code: row for row in tx.rows("SELECT code, name, level, parent_code FROM organisation")}
    moved = {
        f"line {node.line}.parent_code": fault("moved_in_tree")
        for node in nodes
        if node.code in known
        and (known[node.code].level, known[node.code].parent_code) != (node.level, node.parent_code)
    }
    if moved:
        raise refusal(moved)
    added = [node for node in nodes if node.code not in known]
    renamed = [node for node in nodes if node.code in known and known[node.code].name != node.name]
    _write(tx, added + renamed)
    result = Imported(len(added), len(nodes) - len(added) - len(renamed), len(renamed))
    record_audit(tx, actor, "network.import", "network", **result._asdict())
    return result


def _write(tx: Tx, nodes: Sequence[Node]) -> None:
    """Write all rows in one statement: the foreign key to the parent is checked at its end, so order is free."""
    tx.run(
        """INSERT INTO organisation (code, name, level, parent_code, lineage, created_at)
           SELECT n.code, n.name, n.level, n.parent_code, string_to_array(n.lineage, '/'), :now
             FROM unnest(CAST(:code AS text[]), CAST(:name AS text[]), CAST(:level AS text[]),
                         CAST(:parent AS text[]), CAST(:lineage AS text[]))
                  AS n(code, name, level, parent_code, lineage)
           ON CONFLICT (code) DO UPDATE SET name = excluded.name""",
        code=[node.code for node in nodes],
        name=[node.name for node in nodes],
        level=[node.level for node in nodes],
        parent=[node.parent_code for node in nodes],
        lineage=["/".join(node.lineage) for node in nodes],  # a code holds no slash
        now=tx.now,
    )
