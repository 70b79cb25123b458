"""The tree of organisations from a file into the database: all rows or none, a second time without effect."""

from collections.abc import Sequence
from typing import NamedTuple

from campaigns.audit import record_audit
from campaigns.network.tree_file import Node, read, refusal
from kernel.db import Tx
from kernel.errors import fault

__all__ = ["Imported", "Node", "import_tree", "read"]


class Imported(NamedTuple):
    """What an import did: how many organisations are new, as they were, or have another name now."""

    added: int
    unchanged: int
    renamed: int


def import_tree(tx: Tx, nodes: Sequence[Node], actor: str) -> Imported:
    """Take the nodes of a read file into the tree: all or none, and a second time without effect.

    Organisations that the file does not name stay. Raises Invalid `import_invalid` when one would move to
    another parent or level: running projects carry its lineage.
    """
    # One import at a time; readers and the foreign keys of others are not held up by this lock.
    tx.run("LOCK TABLE organisation IN SHARE ROW EXCLUSIVE MODE")
    known = {
        code: (name, level, parent)
        for code, name, level, parent in tx.rows("SELECT code, name, level, parent_code FROM organisation")
    }
    moved = {
        f"line {node.line}.parent_code": fault("moved_in_tree")
        for node in nodes
        if node.code in known and known[node.code][1:] != (node.level, node.parent_code)
    }
    if moved:
        raise refusal(moved)
    added = [node for node in nodes if node.code not in known]
    renamed = [node for node in nodes if node.code in known and known[node.code][0] != node.name]
    _write(tx, added + renamed)
    result = Imported(len(added), len(nodes) - len(added) - len(renamed), len(renamed))
    record_audit(tx, actor, "network.import", "network", **result._asdict())
    return result


def _write(tx: Tx, nodes: Sequence[Node]) -> None:
    """One statement for all rows: the foreign key to the parent is checked at its end, so order is free."""
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
