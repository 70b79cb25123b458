"""Copy the tree of organisations as the table that `tree_file` reads."""

import csv
import io

from campaigns.network.tree_file import LAYOUT
from kernel.db import Tx


def open_nodes(tx: Tx, branch: str | None = None) -> list[list[str]]:
    """Return the cells of the columns of `LAYOUT` for all open organisations of a branch whose superiors are open
    too; None: of the whole tree."""
    rows = tx.rows(
        """SELECT o.code, o.name, o.level, o.parent_code, o.latitude, o.longitude FROM organisation o
            WHERE (CAST(:branch AS text) IS NULL OR o.lineage @> ARRAY[CAST(:branch AS text)])
              AND NOT EXISTS (SELECT FROM organisation above
                               WHERE above.code = ANY(o.lineage) AND above.closed_at IS NOT NULL)
            ORDER BY o.lineage""",
        branch=branch,
    )
    return [
        [
            row.code,
            row.name,
            row.level,
            row.parent_code or "",
            *("" if degrees is None else f"{degrees:.9f}" for degrees in (row.latitude, row.longitude)),
        ]
        for row in rows
    ]


def copy_tree(tx: Tx) -> str:
    """Return all open organisations whose superiors are open too, without any people."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([column.name for column in LAYOUT.columns])
    writer.writerows(open_nodes(tx))
    return file.getvalue()
