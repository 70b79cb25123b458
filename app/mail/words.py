"""The texts of letters to donors, in the current language. Amounts are in fen."""

from typing import NamedTuple

from flask_babel import gettext as _

from app.i18n.locale import whole_yuan
from app.i18n.screening_evidence import reasons_text
from campaigns.disclosure.campaigns import CampaignView
from campaigns.donations.letters.letter_models import LetterKind
from campaigns.donations.letters.outbox import ClaimedLetter
from campaigns.donations.view import DonationView
from campaigns.lifecycle.host_contact import Contact
from campaigns.payouts.purpose import ToldChange
from campaigns.screening.cases import OwnCase


class Words(NamedTuple):
    """The texts of a letter. `sender`: the name it comes from, that of the host, whom the donor knows."""

    sender: str
    subject: str
    salutation: str
    paragraphs: list[str]
    link: str
    keep: str
    number: str
    host: str
    contact: str
    why: str


class Topic(NamedTuple):
    """What a letter tells besides the donation itself: a change of purpose, the case of a review, or the match
    that went back with refunds so far."""

    change: ToldChange | None = None
    case: OwnCase | None = None
    returned_minor: int = 0


DONATION_ALONE = Topic()


def words_of(
    letter: ClaimedLetter,
    donation: DonationView,
    campaign: CampaignView,
    name: str,
    topic: Topic = DONATION_ALONE,
) -> Words:
    """Return the texts of a letter about a donation in its current state."""
    kind = LetterKind(letter.kind)
    filing = _("备案 %(number)s", number=campaign.plan.get("filing_no", ""))
    return Words(
        sender=campaign.host,
        subject=_subject(kind, donation),
        salutation=_("%(name)s：", name=name) if name else "",
        paragraphs=_paragraphs(kind, letter, donation, topic),
        link=_("再试一次") if kind is LetterKind.LAPSED else _("看这笔捐赠"),
        keep=_("凭这个链接能看、能管这笔捐赠，请不要转发。"),
        number=_("捐赠编号 %(number)s", number=donation.number),
        host=f"{campaign.name} · {campaign.host} · {filing}",
        contact=_contact(campaign.contact),
        why=_("这封信不是公益事业捐赠票据。您捐赠时留了邮箱，所以收到它；不想再收，请在捐赠页上点“不再发信给我”。"),
    )


def code_words(code: str, minutes: int, host: str) -> Words:
    """Return the texts of the letter with a code."""
    return Words(
        sender=host,
        subject=_("验证码 %(code)s", code=code),
        salutation="",
        paragraphs=[
            _("您的验证码是 %(code)s，%(minutes)s 分钟内有效。", code=code, minutes=minutes),
            _("不是您本人在查捐赠，不用理会这封信。别把验证码告诉别人，我们也不会向您要。"),
        ],
        link=_("去填验证码"),
        keep="",
        number="",
        host="",
        contact="",
        why=_("有人在捐赠网站上用这个邮箱查找捐赠，所以有这封信。"),
    )


def code_text(code: str, minutes: int, signature: str) -> str:
    """Return the text of the text message with a code. `signature`: whose message it is, as carriers require."""
    return _(
        "【%(signature)s】验证码 %(code)s，%(minutes)s 分钟内有效。不是您本人在查捐赠，不用理会。",
        signature=signature,
        code=code,
        minutes=minutes,
    )


def _contact(contact: Contact | None) -> str:
    """Return how to reach the host; empty if it has stated nothing."""
    if contact is None:
        return ""
    phone = " ".join(part for part in (contact.phone, contact.hours) if part and contact.phone)
    return _("有问题找我们：%(ways)s", ways=_("，").join(way for way in (phone, contact.email) if way))


def _subject(kind: LetterKind, donation: DonationView) -> str:
    project = donation.project_name
    match kind:
        case LetterKind.THANKS:
            return _("谢谢您捐给%(project)s", project=project)
        case LetterKind.LATE_THANKS:
            return _("您捐给%(project)s的钱到了，谢谢您", project=project)
        case LetterKind.LAPSED:
            return _("给%(project)s的这笔捐赠还没有付款", project=project)
        case LetterKind.REFUNDED if donation.refunded_minor < donation.amount_minor:
            return _("您捐给%(project)s的款项退了一部分", project=project)
        case LetterKind.REFUNDED:
            return _("您捐给%(project)s的款项已退", project=project)
        case LetterKind.REVIEW_BEGUN:
            return _("您捐给%(project)s的配捐正在复核", project=project)
        case LetterKind.REVIEW_CLEARED:
            return _("复核结束，您的配捐算数了")
        case LetterKind.REVIEW_CANCELLED:
            return _("复核结束，这笔捐赠没有配捐")
        case LetterKind.RECEIPT_ISSUED:
            return _("您捐给%(project)s的票据开好了", project=project)
        case LetterKind.RECEIPT_CANCELLED:
            return _("您捐给%(project)s的票据已红冲", project=project)
        case LetterKind.CORRECTED:
            return _("您的捐赠已改为捐给%(project)s", project=project)
        case LetterKind.PURPOSE_CHANGED:
            return _("%(project)s的一部分款项改了用途", project=project)
        case LetterKind.CODE | LetterKind.TEXT_CODE:
            return _("您的验证码")


def _of_change(letter: ClaimedLetter, donation: DonationView, change: ToldChange) -> list[str]:
    return [
        _(
            "您捐过款的%(project)s，有 %(amount)s 元改用于%(target)s，变更已备案（%(filing)s）。",
            project=donation.project_name,
            amount=_yuan(letter.amount_minor or 0),
            target=change.to_name,
            filing=change.filing_no,
        ),
        _("原因：%(reason)s", reason=change.reason),
        _("两个项目的页面上都写明了这次变更。有疑问，打开下面的链接，在捐赠页上问我们。"),
    ]


def _of_review(donation: DonationView, case: OwnCase) -> list[str]:
    gift_minor = donation.amount_minor - donation.refunded_minor
    return [
        _(
            "您捐的 %(gift)s 元已经到账，照常给项目。配捐的 %(matched)s 元要请人再看一眼，看完以前先不计入。",
            gift=_yuan(gift_minor),
            matched=_yuan(donation.held_minor),
        ),
        _("为什么：%(signals)s。", signals=reasons_text(case.signals)) + _by_chance(case),
        _("最晚在公示前有结果，有了就写信告诉您。想说明情况，打开下面的链接，点“我要说明”。"),
    ]


def _by_chance(case: OwnCase) -> str:
    """Reassure the donor, unless a manager froze the whole project."""
    return "" if "project_frozen" in case.signals else _("多半只是碰巧。")


def _paragraphs(kind: LetterKind, letter: ClaimedLetter, donation: DonationView, topic: Topic) -> list[str]:
    if topic.change:
        return _of_change(letter, donation, topic.change)
    if topic.case and kind is LetterKind.REVIEW_BEGUN:
        return _of_review(donation, topic.case)
    if kind is LetterKind.LAPSED:
        return [
            _(
                "您想捐 %(amount)s 元，付款的时间过了，钱还没有到。没付款的捐赠不再留配捐。",
                amount=_yuan(donation.amount_minor),
            ),
            _("还想捐，打开下面的链接再来一次。如果您已经付了款，到账后我们照常收下，再告诉您。"),
        ]
    if kind is LetterKind.REFUNDED:
        refunded = _("已退给您 %(amount)s 元，原路退回，到账要几天。", amount=_yuan(letter.amount_minor or 0))
        match = _("它的配捐也退回去了，一共 %(amount)s 元。", amount=_yuan(topic.returned_minor))
        left = _("退款以后：%(kept)s", kept=_kept(donation))
        return [
            refunded,
            *([match] if topic.returned_minor else []),
            *([left] if donation.refunded_minor < donation.amount_minor else []),
        ]
    if kind is LetterKind.REVIEW_CANCELLED:
        return [
            _("我们复核了这笔捐赠，它不计配捐。您捐的钱照常给项目，不受影响。"),
            _("不同意这个结果，可以在捐赠页上说明，由另一个人再看一遍。"),
        ]
    if kind is LetterKind.RECEIPT_ISSUED:
        issued = _("公益事业捐赠票据开好了，金额 %(amount)s 元。", amount=_yuan(letter.amount_minor or 0))
        return [issued, _("票据代码、号码和校验码在捐赠页上，凭它们可以在财政票据查验平台查验。")]
    if kind is LetterKind.RECEIPT_CANCELLED:
        cancelled = _("您退过款，原来的公益事业捐赠票据已红冲，不能再用来扣税。")
        rest = _("剩下的 %(amount)s 元会开新的票据，开好再告诉您。", amount=_yuan(letter.amount_minor or 0))
        return [cancelled, *([rest] if letter.amount_minor else [])]
    if kind is LetterKind.CORRECTED:
        return [_("照您同意的，这笔捐赠的项目已经更正。"), _kept(donation)]
    if kind is LetterKind.REVIEW_CLEARED:
        return [_("我们复核了这笔捐赠，没有问题。"), _kept(donation)]
    first = (
        [_("付款到得晚一些，我们照常收下；配捐按到账时池里的余额算。")] if kind is LetterKind.LATE_THANKS else []
    )
    following = _("接下来公示结果、拨给村里、花在村里，走到哪一步，捐赠页上都看得到。")
    return [*first, _kept(donation), *_under_review(donation, topic.case), following]


def _kept(donation: DonationView) -> str:
    """Return the sentence that states what the project now has of a donation."""
    gave_minor = donation.amount_minor - donation.refunded_minor
    if donation.captured_minor:
        return _(
            "您捐 %(gave)s 元，配捐 %(matched)s 元，%(project)s一共收到 %(sum)s 元。",
            gave=_yuan(gave_minor),
            matched=_yuan(donation.captured_minor),
            project=donation.project_name,
            sum=_yuan(gave_minor + donation.captured_minor),
        )
    return _("%(project)s收到您捐的 %(gave)s 元。", project=donation.project_name, gave=_yuan(gave_minor))


def _under_review(donation: DonationView, case: OwnCase | None) -> list[str]:
    if not donation.held_minor:
        return []
    if case:
        return _of_review(donation, case)
    return [_("配捐 %(amount)s 元正在复核，结果出来再告诉您。", amount=_yuan(donation.held_minor))]


def _yuan(amount_minor: int) -> str:
    return str(whole_yuan(amount_minor))
