"""The texts of refusals around partner platforms, their subscriptions, mappings and sources."""

from flask_babel import lazy_gettext as _l

PARTNER_REFUSALS = {
    "alarm_unknown": _l("现在没有这项告警。"),
    "alarm_not_acknowledgeable": _l("这项告警在处理完原因后自己消失。"),
    "alarm_grown": _l("又有新的了，现在是 %(pieces)s 条，请看过再点。"),
    "delivery_unknown": _l("没有这条通知。"),
    "source_unknown": _l("没有这个来源。"),
    "source_invalid": _l("请检查标出的项目。"),
    "sources_full": _l("已有 %(most)s 个来源，不能再建。"),
    "subscription_unknown": _l("没有这个订阅。"),
    "subscription_ended": _l("这个订阅已经停用。"),
    "subscription_invalid": _l("请检查标出的项目。"),
    "mapping_invalid": _l("通知格式有误，请检查标出的项目。"),
    "mapping_unknown": _l("这个平台没有自己的通知格式。"),
    "bill_account_unknown": _l("这个平台没有设定自动下载账单。"),
    "bill_account_invalid": _l("请检查标出的项目。"),
    "bill_fetch_unsupported": _l("只有通知格式是微信支付或支付宝的平台能自动下载账单。"),
    "notification_of_another": _l("这条通知属于另一个商户号、账号或应用，不是给这个平台的。"),
    "mapping_keys_full": _l("已有 %(most)s 个验签密钥，请先停用一个。"),
    "subscriptions_full": _l("已有 %(most)s 个订阅，请先停用一个。"),
    "partner_checks_open": _l("自检清单还没有做完：%(checks)s。"),
    "partner_state": _l("平台现在的状态（%(state)s）不能这样改。"),
    "partner_secret_last": _l("这是唯一长期有效的签名密钥，请先生成新的再停用。"),
    "partner_secret_unknown": _l("没有这个签名密钥。"),
    "partner_secrets_full": _l("有效的签名密钥已达上限，要生成新的，先由联合会停用一个。"),
    "project_code_invalid": _l("编号没有对应上。"),
    "project_code_unknown": _l("这个编号没有对应过。"),
    "partner_unknown": _l("没有这个合作平台。"),
    "partner_invalid": _l("请检查标出的项目。"),
    "partner_exists": _l("这个合作平台已经登记。"),
}
