"""The bank file of a sent payout plan as a download, shared by API and console.

Every download is recorded in the audit trail, because the file holds account numbers.
"""

from flask import Response
from flask_babel import gettext as _

from app.csv_file import csv_response
from app.current import deps
from app.training_marks import harmless
from campaigns.audit import record_audit
from campaigns.payouts.bank_file import bank_file, pain001, rows_of


def file_of(plan_id: int, file_format: str, actor: str) -> Response:
    """Return the file of a plan, `csv` or `pain001`. Raises as `campaigns.payouts.bank_file.bank_file`."""
    with deps().db.transaction() as tx:
        order = harmless(bank_file(tx, deps().keys, plan_id))
        record_audit(tx, actor, "payout.file", f"payout_plan:{plan_id}", format=file_format)
    if file_format == "csv":
        return csv_response(order.message_id, _header(), rows_of(order))
    disposition = f"attachment; filename={order.message_id}.xml"
    return Response(pain001(order), mimetype="application/xml", headers={"Content-Disposition": disposition})


def _header() -> list[str]:
    return [
        _("序号"),
        _("业务编号"),
        _("付款账号"),
        _("付款户名"),
        _("收款账号"),
        _("收款户名"),
        _("收款银行"),
        _("联行号"),
        _("金额（元）"),
        _("币种"),
        _("用途"),
    ]
