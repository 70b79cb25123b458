"""The self-checks of a branch as a table: every node with its answers, nodes with a "no" first."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from app.exports.table import Order, Table, all_pages
from app.i18n.giving_labels import CHECK_QUESTIONS, CHECK_STATES
from app.i18n.labels import word
from app.i18n.names import actor_name
from campaigns.self_checks.forms import Signed, node_forms
from campaigns.self_checks.nodes import NodeCheck
from kernel.db import Tx


def self_checks(tx: Tx, order: Order) -> Table:
    """Return all self-checks of the branch, or of the campaign in the filter."""
    header = [_("活动"), _("组织代码"), _("组织"), _("期限"), _("状态"), _("填写人"), _("填写时间")]
    for label in CHECK_QUESTIONS.values():
        header += [str(label), _("备注")]
    slug = order.filters.get("campaign", "")
    rows = all_pages(lambda page: node_forms(tx, order.branch, slug, page))
    return Table("table:self-checks", header, (_row(*row) for row in rows))


def _row(line: NodeCheck, signed: Signed | None) -> Sequence[Any]:
    about = [line.campaign_name, line.code, line.name, line.due_on, str(word(CHECK_STATES, line.state))]
    if signed is None:
        return [*about, "", None, *[""] * (2 * len(CHECK_QUESTIONS))]
    answers = signed.answers.values()
    cells = [cell for choice in answers for cell in (_("是") if choice.yes else _("否"), choice.remark)]
    return [*about, actor_name(signed.form.actor), signed.form.signed_at, *cells]
