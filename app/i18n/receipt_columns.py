"""The columns of the file of receipt requests, as the fiscal system requires them (财综〔2024〕1号, article 6)."""

from typing import Any

from flask_babel import gettext as _

from app.i18n.giving_labels import PAYER_KINDS, RECEIPT_STATES
from app.i18n.labels import word
from app.table_cells import Yuan
from campaigns.desks.receipt_desk import ReceiptLine
from kernel.capital_figures import capital_yuan
from kernel.clock import local_day


def header() -> list[str]:
    """Return the column titles in the current language."""
    return [
        _("申请编号"),
        _("状态"),
        _("交款人类别"),
        _("交款人"),
        _("交款人统一社会信用代码"),
        _("邮箱"),
        _("项目编码"),
        _("项目名称"),
        _("计量单位"),
        _("数量"),
        _("标准（元）"),
        _("金额（元）"),
        _("合计（大写）"),
        _("捐赠日期"),
        _("捐赠编号"),
        _("主办方"),
        _("票据代码"),
        _("票据号码"),
        _("校验码"),
        _("开票日期"),
        _("已开金额（元）"),
        _("经办人"),
        _("备注"),
    ]


def row_of(line: ReceiptLine) -> list[Any]:
    """Return a request as a row of the file."""
    return [
        line.id,
        str(word(RECEIPT_STATES, line.state)),
        "" if line.state == "waived" else str(word(PAYER_KINDS, line.payer.kind)),
        line.payer.title,
        line.payer.tax_id,
        line.payer.email,
        line.project_code,
        line.project_name,
        _("笔"),
        1,  # a donation is one unit, whose standard is its amount
        Yuan(line.kept_minor),
        Yuan(line.kept_minor),
        capital_yuan(line.kept_minor),
        local_day(line.paid_at) if line.paid_at else None,
        str(line.donation_id),
        line.host,
        line.code,
        line.number,
        line.check_code,
        line.issued_on,
        Yuan(line.issued_minor) if line.issued_minor is not None else None,
        line.actor,
        line.reason,
    ]
