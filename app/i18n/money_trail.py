"""Labels of the stages of a gift's money trail."""

from flask_babel import lazy_gettext as _l

from campaigns.money_trail import Stage

STAGES = {
    Stage.PAID: _l("捐赠到账"),
    Stage.STATED: _l("平台账单"),
    Stage.BANKED: _l("银行入账"),
    Stage.MATCHED: _l("配捐"),
    Stage.RELEASED: _l("公示期满"),
    Stage.DIVIDED: _l("分账（整个项目）"),
    Stage.REMITTED: _l("拨付（整个项目）"),
    Stage.SPENT: _l("项目支出"),
    Stage.BOOKED: _l("记账凭证"),
}
