"""Explanations of the terms on a console page, shown where they are used. A test compares the names of the terms
with the glossary."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l


class Term(NamedTuple):
    """A term: its English name in the glossary, its Chinese one as pages show it, and its meaning."""

    english: str
    chinese: str
    label: Any
    meaning: Any


TERMS: Mapping[str, Term] = {
    term.english: term
    for term in (
        Term("match", "配捐", _l("配捐"), _l("捐赠人捐一笔，配捐池按规则再添一笔。")),
        Term("pot", "配捐池", _l("配捐池"), _l("一个活动里专门用来配捐的钱，从一个基金里拨出来。")),
        Term("rank", "优先级", _l("优先级"), _l("先问哪个池：1 在 2 前面，一样的先建的在前。")),
        Term("tranche", "分批额度", _l("分批额度"), _l("池里的钱分几批开放，到点才能用。")),
        Term("cap", "配捐上限", _l("配捐上限"), _l("每笔、每人每天、每人、每个项目、每个县最多配多少。")),
        Term("reservation", "预留", _l("预留"), _l("捐赠人去付款时先给他留着的配捐；没付就放回池里。")),
        Term("capture", "确认配捐", _l("确认配捐"), _l("钱到了，留着的配捐就定下来。")),
        Term("match on hold", "待查配捐", _l("待查配捐"), _l("已经定下、但要等复核的配捐，先不算数。")),
        Term("top-up, reduction", "追加、调减", _l("追加、调减"), _l("往池里再放钱；没用的钱退回基金。")),
        Term("re-offer", "补配", _l("补配"), _l("活动结束后，放回来的配捐按付款先后补给没配到的捐赠。")),
        Term("case", "个案", _l("个案"), _l("一笔配捐先留着的捐赠，连同看到的迹象，等人决定。")),
        Term(
            "clear, cancel (a case)",
            "恢复配捐、取消配捐",
            _l("恢复配捐、取消配捐"),
            _l("个案的两种决定：算数，或者退回池里。"),
        ),
        Term("appeal", "申诉", _l("申诉"), _l("捐赠人对复核或黑名单有话说，评审要答复。")),
        Term("burst (of cases)", "成批复核", _l("成批复核"), _l("同一个迹象、同一个项目的个案，一次决定。")),
        Term("threshold", "复核标准", _l("复核标准"), _l("到多少才算迹象，每个活动可以自己定。")),
        Term("settled", "已到账", _l("已到账"), _l("平台的对账单上也有这笔钱了。")),
        Term("goods", "物（物资）", _l("物资"), _l("捐给项目的东西，按价值另记，不算进任何款项。")),
        Term("handout (of goods)", "发放", _l("发放"), _l("物资发给了谁、多少；数错了另记一条更正。")),
        Term("self-check", "自查表", _l("自查表"), _l("活动拨付以后，执行项目的乡镇或县区对款项逐项回答是或否。")),
        Term(
            "training site",
            "演练站",
            _l("演练站"),
            _l("给自己人练手的另一个站点，有自己的数据库，里面什么都不是真的。"),
        ),
        Term("spending", "支出", _l("支出"), _l("项目花了什么，附凭证照片，财务核对以后才算、才公布。")),
        Term("account (of a project)", "收支", _l("收支"), _l("项目收到多少、花了多少、还剩多少，和预算对着看。")),
        Term("surplus", "结余、剩余财产", _l("结余"), _l("项目评估或结项以后剩下的钱。")),
        Term("surplus rule", "结余办法", _l("结余办法"), _l("剩下的钱给谁：目的相近的、同乡镇的项目，或者基金。")),
        Term("change of purpose", "变更用途", _l("变更用途"), _l("项目的钱改给别的项目，先备案或征得同意。")),
        Term("agreement", "协议", _l("协议"), _l("捐赠、合作、基金协议和合同，快到期会提醒。")),
        Term("pledge", "承诺", _l("承诺"), _l("说好哪天给多少；钱没到以前不算捐款。")),
        Term("duty, term", "法定事项、期限", _l("法定事项"), _l("法律要办的事和最晚哪天办完。")),
        Term(
            "management cost of a year",
            "全年管理费",
            _l("全年管理费"),
            _l("分账计提的管理费占全年支出多少，不能超过上限。"),
        ),
        Term("voucher", "凭证", _l("凭证"), _l("同一天、同一类的账合成一张，借贷相等，编号不断。")),
        Term("accounting period", "会计期间", _l("会计期间"), _l("一个月；结账以后不能再改。")),
        Term("trial balance", "科目余额表", _l("科目余额表"), _l("每个科目期初、借方、贷方、期末。")),
        Term(
            "monthly statement",
            "收支月公示、收支月报",
            _l("收支月公示"),
            _l("一个机构和下面一个月的收支，公示后不改。"),
        ),
        Term("moved money", "划转", _l("划转"), _l("从一个项目或基金换到另一个的钱，不是收入也不是支出。")),
        Term("notice of correction", "更正说明", _l("更正说明"), _l("附在月报旁边：哪里有误，应该是多少。")),
        Term(
            "late success", "迟到的支付", _l("迟到的支付"), _l("捐赠已经失效，钱后来还是到了：照收，按还剩的配捐。")
        ),
        Term("channel", "渠道", _l("渠道"), _l("捐赠从哪来：网页、接口、合作平台、线下。")),
        Term("look (at a contact)", "查看联系方式", _l("查看联系方式"), _l("谁看了捐赠人的姓名电话，都会记下来。")),
        Term("refund request", "退款申请", _l("退款申请"), _l("捐赠人想把钱要回去，由您同意或不同意。")),
        Term(
            "donation receipt", "公益事业捐赠票据", _l("公益事业捐赠票据"), _l("财政系统开的票；感谢状不是票据。")
        ),
        Term("payer", "交款人", _l("交款人"), _l("票据开给谁：个人，或有统一社会信用代码的单位。")),
        Term("question", "提问", _l("提问"), _l("捐赠人问自己那笔捐赠的事，答复会显示在他的页面上。")),
        Term("public words", "公开的话", _l("公开的话"), _l("捐赠人的留言和特别的名字，有人看过才给别人看。")),
        Term("label (of a gift)", "捐赠里的队名", _l("捐赠里的队名"), _l("捐赠写明算在哪个队，队名批准后才上榜。")),
        Term(
            "waiting, flagged",
            "等待处理、需人工查看",
            _l("等待处理、需人工查看"),
            _l("消息在等一样东西（项目、支付），或者要人看。"),
        ),
        Term("foreign (payment)", "他店付款", _l("他店付款"), _l("同一个收款账户上别的店铺的钱，不是捐赠。")),
        Term("dismissed (message)", "已搁置", _l("已搁置"), _l("写明原因放到一边，不产生影响，可以再拿回来。")),
        Term(
            "project code of a partner",
            "平台的项目编号",
            _l("平台的项目编号"),
            _l("平台怎么叫我们的项目，对应一次以后都认得。"),
        ),
        Term(
            "payment exception",
            "待处理的支付",
            _l("待处理的支付"),
            _l("付的钱和捐赠要的不一样，等人决定收下还是退回。"),
        ),
        Term("difference, discrepancy", "差异", _l("差异"), _l("我们的账和平台的对账单对不上的地方。")),
        Term(
            "matched, signed off",
            "已核对、已签字",
            _l("已核对、已签字"),
            _l("差异怎么了结：自己对上了，或有人写明原因认下。"),
        ),
        Term("suspense", "暂记款", _l("暂记款"), _l("签字认下、还没找到归处的差额。")),
        Term(
            "approval, second person",
            "待批准事项、第二人",
            _l("待批准事项、第二人"),
            _l("大额或不能反悔的事，一个人提出，另一个人批准才做。"),
        ),
        Term("deposit", "入账", _l("入账"), _l("外面的钱进了基金；同一个凭证号只记一次。")),
        Term(
            "correcting entry, correction (of a deposit)",
            "更正入账、入账更正",
            _l("更正入账"),
            _l("记错了不改原来的，另记一笔补上差额，写明原因。"),
        ),
        Term("grant (of a fund)", "基金授权", _l("基金授权"), _l("准许别的分支的活动用这个基金建池。")),
        Term("send back", "退回修改", _l("退回修改"), _l("项目还不行，写明意见退给申报的人。")),
        Term("comment", "评论", _l("评论"), _l("同事之间说的话，公开页面上没有。")),
        Term("suspend", "暂停", _l("暂停"), _l("项目先不收捐款，改好后可以重新提交评审。")),
        Term(
            "blacklist, listing",
            "黑名单、列入黑名单",
            _l("黑名单"),
            _l("有期限、有原因；期间不收捐款，也没有新的配捐。"),
        ),
        Term(
            "award, criterion, tie",
            "表彰（奖项）、评选办法、相同时",
            _l("表彰"),
            _l("评谁、按什么评，活动结束前公布；谁得奖由账本算出。"),
        ),
        Term(
            "yearly goal",
            "全年目标",
            _l("全年目标"),
            _l("一年要收到多少款、多少物，线上占多少；做到多少由账本算出。"),
        ),
        Term(
            "order (a file), ordered file",
            "导出文件",
            _l("导出文件"),
            _l("行数多的表由后台写，看得到进度，写好留一天，只有要它的人能下载。"),
        ),
        Term("saved view", "常用视图", _l("常用视图"), _l("把一组筛选起个名字存下来，可以给同事看。")),
        Term("import", "导入", _l("导入"), _l("一份文件要么全部写入，要么一行不写；同一份再来一次不会重复。")),
        Term("import plan, preview", "导入预览", _l("导入预览"), _l("写入以前先给您看读到了什么、哪里有问题。")),
        Term("job", "任务", _l("任务"), _l("系统自己反复做的事，例如处理消息、推进收尾。")),
        Term("objection", "公示异议", _l("公示异议"), _l("公示期里对结果的不同意见；都答复了，配捐才能拨付。")),
        Term("partner platform", "合作平台", _l("合作平台"), _l("自己收捐款、再告诉我们的平台。")),
        Term("live desk", "实时", _l("实时"), _l("活动现在怎么样：最近半小时、各个池、等着的消息。")),
        Term("simulate", "试算", _l("试算"), _l("用一天的捐赠试一遍配捐规则，什么都不写入。")),
        Term("source", "来源", _l("来源"), _l("捐赠人从哪来：主播、视频、海报、站点，各有一个短链接。")),
        Term("role", "角色", _l("角色"), _l("一个账号能做哪些事。")),
        Term("branch", "分支", _l("分支"), _l("一个机构和它下面的所有机构；权限只到自己的分支。")),
        Term("token", "令牌、凭证", _l("令牌"), _l("程序用接口时的钥匙，也有角色和分支。")),
        Term("close (a node)", "关闭机构", _l("关闭机构"), _l("这里不再新开项目和账号，原来的账还在。")),
        Term(
            "station checklist",
            "站点自查",
            _l("站点自查"),
            _l("每个乡镇和村有没有联系人、收款账户、申报账号、登记文件。"),
        ),
        Term("closing", "收尾", _l("收尾"), _l("从活动结束到配捐可以拨付：结算、对账、公示。")),
        Term("public notice", "公示", _l("公示"), _l("结果公布出来，大家可以提异议。")),
        Term("entry", "参与", _l("参与"), _l("一个项目参加一个活动。")),
        Term(
            "audit chain, block, head",
            "操作记录链、区块、链头",
            _l("操作记录链"),
            _l("操作记录一块接一块封存，改了能查出来。"),
        ),
    )
}
_MATCH = ("match", "pot", "rank", "tranche", "cap", "reservation", "capture", "top-up, reduction")
_REVIEW = ("case", "match on hold", "clear, cancel (a case)", "appeal", "burst (of cases)", "threshold")
_DIFFERENCES = ("difference, discrepancy", "matched, signed off", "suspense", "settled", "saved view")
# Keyed by page, or otherwise by the entry of the navigation that the page belongs to.
OF_PAGES: Mapping[str, tuple[str, ...]] = {
    "cases": (*_REVIEW, "saved view"),
    "bursts": _REVIEW,
    "burst": _REVIEW,
    "reconciliation": _DIFFERENCES,
    "pot": _MATCH,
    "pot_new": _MATCH,
    "home": ("case", "appeal", "difference, discrepancy", "approval, second person", "waiting, flagged"),
    "donations": (
        "reservation",
        "match on hold",
        "settled",
        "late success",
        "channel",
        "saved view",
        "look (at a contact)",
    ),
    "campaigns": ("pot", "entry", "closing", "public notice", "re-offer", "difference, discrepancy"),
    "projects": ("send back", "comment", "suspend", "entry", "saved view"),
    "approvals": ("approval, second person",),
    "refund_requests": ("refund request", "approval, second person", "saved view"),
    "receipts": ("donation receipt", "payer"),
    "questions": ("question",),
    "words": ("public words",),
    "teams": ("label (of a gift)",),
    "inbox": (
        "waiting, flagged",
        "project code of a partner",
        "foreign (payment)",
        "dismissed (message)",
        "saved view",
    ),
    "payments": ("payment exception",),
    "funds": ("deposit", "correcting entry, correction (of a deposit)", "grant (of a fund)", "pot"),
    "goods": ("goods", "handout (of goods)", "approval, second person"),
    "self_checks": ("self-check", "surplus"),
    "spendings": ("spending", "account (of a project)"),
    "surpluses": ("surplus", "surplus rule", "change of purpose"),
    "agreements": ("agreement", "pledge"),
    "duties": ("duty, term", "pledge"),
    "management": ("management cost of a year",),
    "vouchers": ("voucher", "accounting period", "trial balance"),
    "monthly": ("monthly statement", "moved money", "notice of correction"),
    "blacklist": ("blacklist, listing", "appeal"),
    "people": ("role", "branch", "token", "approval, second person"),
    "network": ("branch", "close (a node)"),
    "stations": ("station checklist", "branch"),
    "awards": ("award, criterion, tie", "public notice"),
    "goals": ("yearly goal", "deposit"),
    "exports": ("order (a file), ordered file",),
    "imports": ("import", "import plan, preview"),
    "jobs": ("job",),
    "objections": ("objection", "public notice"),
    "partners": ("partner platform", "project code of a partner"),
    "three_sides": _DIFFERENCES,
    "campaign_live": ("live desk", "pot", "tranche"),
    "campaign_simulate": ("simulate", *_MATCH),
    "sources": ("source", "channel"),
    "training": ("training site",),
    "audit": ("audit chain, block, head", "look (at a contact)"),
}


def words_of(page: str, entry: str | None) -> list[Term]:
    """Return the terms of a page (an endpoint) that belongs to an entry of the navigation."""
    return [TERMS[name] for name in OF_PAGES.get(page) or OF_PAGES.get(entry or "", ())]
