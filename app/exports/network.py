"""The tree of organisations as a table that the import of the network reads again."""

from app.exports.table import Order, Table
from app.i18n.labels import LEVELS, word
from app.i18n.locale import language
from campaigns.network.copy_tree import open_nodes
from campaigns.network.tree_file import LAYOUT
from kernel.db import Tx

_LEVEL = [column.name for column in LAYOUT.columns].index("level")


def network(tx: Tx, order: Order) -> Table:
    """Return the open organisations of the branch, each superior before those below it.

    Heads and levels are those that the import reads: Chinese ones, and its own codes for other languages.
    """
    chinese = language() == "zh"
    header = [column.chinese_title if chinese else column.name for column in LAYOUT.columns]
    rows = open_nodes(tx, order.branch)
    if chinese:
        for row in rows:
            row[_LEVEL] = str(word(LEVELS, row[_LEVEL]))
    return Table("table:network", header, rows)
