"""Copy the tree of organisations as the CSV file that `tree_file` reads."""

import csv
import io

from campaigns.network.tree_file import LAYOUT
from kernel.db import Tx


def copy_tree(tx: Tx) -> str:
    """Return all open organisations whose superiors are open too, without any people."""
    rows = tx.rows(
        """SELECT o.code, o.name, o.level, o.parent_code, o.latitude, o.longitude FROM organisation o
            WHERE NOT EXISTS (SELECT FROM organisation above
                               WHERE above.code = ANY(o.lineage) AND above.closed_at IS NOT NULL)
            ORDER BY o.lineage"""
    )
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([column.name for column in LAYOUT.columns])
    for row in rows:
        centre = ["" if degrees is None else f"{degrees:.9f}" for degrees in (row.latitude, row.longitude)]
        writer.writerow([row.code, row.name, row.level, row.parent_code or "", *centre])
    return file.getvalue()
