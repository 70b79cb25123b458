"""Letters to donors: written with the facts, sent once each, to those alone who left an address and agreed."""

import re
from dataclasses import replace
from typing import Any

import pytest

import config
from app.cli.doctor import Line, mail_line
from app.mail.send import send_letters
from app.mail.transport import transport_of
from campaigns.donations.donors.contact import Donor
from campaigns.donations.letters.outbox import BACKOFF
from campaigns.donations.unpaid.expire import expire
from campaigns.donations.view import DonationView
from campaigns.lifecycle.host_contact import Contact, set_contact
from campaigns.payouts.allot import allot
from campaigns.payouts.purpose import NewPurpose, change_purpose
from campaigns.privacy.erase import erase
from campaigns.privacy.person import alone
from campaigns.screening import decide
from campaigns.screening.freeze import hold_project_match
from tests.mail.conftest import MailServer
from tests.papers.test_pictures import NASTY
from tests.payouts.released import release
from tests.web.reader import Reader
from tests.world import World

DONOR = Donor(name="小满", email="xiaoman@example.org")


def send(world: World, server: MailServer) -> int:
    return send_letters(replace(world.deps, mail_url=server.url, mail_from="no-reply@example.org"))


def letters(world: World) -> list[tuple[Any, ...]]:
    with world.db.snapshot() as tx:
        return [tuple(row) for row in tx.rows("SELECT kind, state, attempts, failure FROM letter ORDER BY id")]


def body(letter: Any, kind: str = "plain") -> str:
    return str(letter.get_body((kind,)).get_content())


def test_a_paid_gift_is_thanked_for_once(world: World, mail_server: MailServer) -> None:
    world.pot(500_00)
    paid = world.pay(world.give(66_60, donor=DONOR))
    assert send(world, mail_server) == 1 and send(world, mail_server) == 0
    (letter,) = mail_server.letters
    assert letter["To"] == "xiaoman@example.org"
    assert letter["From"] == "洛阳市 <no-reply@example.org>", "the host, whom the donor knows"
    assert letter["Subject"].startswith("谢谢您捐给幸福家园")
    assert letter["Message-ID"] == f"<letter-1.{paid.id}@127.0.0.1>"
    assert "您捐 66.60 元，配捐 66.60 元" in body(letter) and "一共收到 133.20 元" in body(letter)
    assert f"/d/{paid.id}?token=" in body(letter) and "小满：" in body(letter, "html")
    assert f"捐赠编号 {paid.number}" in body(letter)
    assert letters(world) == [("thanks", "sent", 1, "")]


@pytest.mark.parametrize(
    ("locale", "answers", "following"),
    [
        ("zh", "有问题找我们：0379-1234567 9:00-18:00，help@example.org", "拨给村里"),
        ("en", "us: 0379-1234567", "paid out"),
    ],
)
def test_thanks_say_what_comes_next_and_who_answers_questions(
    world: World, mail_server: MailServer, locale: str, answers: str, following: str
) -> None:
    contact = Contact("0379-1234567", "9:00-18:00", "help@example.org")
    world.do(set_contact, world.slug, contact, "test")
    world.pay(world.give(66_60, donor=DONOR, locale=locale))
    send(world, mail_server)
    for kind in ("plain", "html"):
        assert answers in body(mail_server.letters[0], kind) and following in body(mail_server.letters[0], kind)


def test_donors_without_an_address_and_of_platforms_get_no_letter(world: World, mail_server: MailServer) -> None:
    for donor in (Donor(), Donor(phone="13800138000"), Donor(name="小满")):
        world.pay(world.give(100_00, donor=donor))
    assert letters(world) == [] and send(world, mail_server) == 0


def test_each_fact_has_its_letter(world: World, mail_server: MailServer) -> None:
    world.pot(5_000_00)
    lapsed = world.give(50_00, donor=DONOR)
    world.clock.advance(minutes=16)
    expire(world.deps)
    assert send(world, mail_server) == 1
    assert "钱还没有到" in body(mail_server.letters[-1]) and "没有扣款" not in body(mail_server.letters[-1])
    assert "放回" not in body(mail_server.letters[-1]), "nothing may have been reserved for them"
    assert "再试一次" in body(mail_server.letters[-1]) and "看这笔捐赠" not in body(mail_server.letters[-1])
    world.pay(lapsed)
    assert send(world, mail_server) == 1 and "付款到得晚一些" in body(mail_server.letters[-1])
    refunded = world.refund(lapsed, 20_00)
    assert send(world, mail_server) == 1
    text = body(mail_server.letters[-1])
    assert "已退给您 20 元" in text and "退款以后：您捐 30 元" in text
    assert "配捐也退回去了，一共 20 元" in text and "退了一部分" in mail_server.letters[-1]["Subject"]
    world.refund(refunded, 50_00)
    assert send(world, mail_server) == 1
    assert "配捐也退回去了，一共 50 元" in body(mail_server.letters[-1])
    assert mail_server.letters[-1]["Subject"].endswith("的款项已退")
    assert [kind for kind, *_ in letters(world)] == ["lapsed", "late_thanks", "refunded", "refunded"]


def test_english_donors_are_written_to_in_english(world: World, mail_server: MailServer) -> None:
    world.pay(world.give(100_00, donor=DONOR, locale="en"))
    assert send(world, mail_server) == 1
    assert mail_server.letters[0]["Content-Language"] == "en"
    assert "receives the 100 yuan you gave" in body(mail_server.letters[0])
    assert 'Dear <span lang="zh-CN">小满</span>,' in body(mail_server.letters[0], "html")


def test_a_server_that_is_away_is_tried_again_and_later_given_up(world: World, mail_server: MailServer) -> None:
    world.pay(world.give(100_00, donor=DONOR))
    mail_server.replies[DONOR.email or ""] = "451 try later"
    assert send(world, mail_server) == 0
    assert letters(world) == [("thanks", "waiting", 1, "smtp_451")]
    assert send(world, mail_server) == 0 and letters(world)[0][2] == 1  # not before it is due
    world.clock.advance(minutes=BACKOFF[0] + 1)
    away = replace(world.deps, mail_url="smtp://127.0.0.1:9", mail_from="no-reply@example.org")
    assert send_letters(away) == 0
    assert letters(world)[0][1:3] == ("waiting", 2)
    world.clock.advance(minutes=BACKOFF[1] + 1)
    mail_server.replies.clear()
    assert send(world, mail_server) == 1
    assert letters(world) == [("thanks", "sent", 3, "")]


def test_nothing_is_sent_in_clear_to_another_machine(world: World, mail_server: MailServer) -> None:
    """The server of the test offers no TLS. Under the name 127.1 it counts as another machine."""
    world.pay(world.give(100_00, donor=DONOR))
    away = replace(world.deps, mail_url=mail_server.url.replace("127.0.0.1", "127.1"), mail_from="a@example.org")
    assert send_letters(away) == 0
    assert letters(world) == [("thanks", "waiting", 1, "NoTls")] and mail_server.letters == []
    assert mail_line(transport_of(away.mail_url)) == Line("mail", False, "the mail server refuses: NoTls")
    assert mail_line(transport_of(mail_server.url)).ok


def test_an_address_that_does_not_exist_is_written_to_no_more(
    world: World, mail_server: MailServer, reader: Reader
) -> None:
    paid = world.pay(world.give(100_00, donor=DONOR))
    mail_server.replies[DONOR.email or ""] = "550 no such user xiaoman"
    assert send(world, mail_server) == 0
    assert letters(world) == [("thanks", "bounced", 1, "smtp_550")]
    assert "写给您的信没有送到" in page_of(reader, paid)
    world.refund(paid, 20_00)
    mail_server.replies.clear()
    assert send(world, mail_server) == 0 and not mail_server.letters
    assert letters(world)[1][:2] == ("refunded", "dropped")


def test_a_crash_after_sending_sends_it_again_under_the_same_id(world: World, mail_server: MailServer) -> None:
    world.pay(world.give(100_00, donor=DONOR))
    send(world, mail_server)
    with world.db.transaction() as tx:  # as if the process had died before it recorded that
        tx.run("UPDATE letter SET state = 'waiting', ended_at = NULL")
    world.clock.advance(minutes=6)
    send(world, mail_server)
    first, second = mail_server.letters
    assert first["Message-ID"] == second["Message-ID"]


def page_of(reader: Reader, donation: DonationView) -> str:
    return reader.open(f"/d/{donation.id}?token={reader.world.deps.keys.token(str(donation.id))}")


def test_a_donor_stops_letters(world: World, mail_server: MailServer, reader: Reader) -> None:
    paid = world.pay(world.give(100_00, donor=DONOR))
    assert "不再发信给我" in page_of(reader, paid)
    assert "不再发信给我" not in reader.send("/no-letters")
    assert send(world, mail_server) == 0 and letters(world)[0][1] == "dropped"
    world.refund(paid, 20_00)
    assert len(letters(world)) == 1


def test_an_erased_donor_gets_none(world: World, mail_server: MailServer) -> None:
    paid = world.pay(world.give(100_00, donor=DONOR))
    with world.db.transaction() as tx:
        erase(world.deps, tx, alone(tx, paid.id), "donor", "donor")
    assert send(world, mail_server) == 0
    assert letters(world) == [("thanks", "dropped", 1, "nothing_to_send")]


def test_typed_text_in_letters_is_escaped(world: World, mail_server: MailServer) -> None:
    names = [name[:80] for name in NASTY if name.strip()]
    for name in names:
        world.pay(world.give(100_00, donor=Donor(name=name, email="xiaoman@example.org")))
    with world.db.transaction() as tx:
        tx.run("UPDATE project SET name = :name", name="<b>村</b>\r\nBcc: evil@example.org")
    assert send(world, mail_server) == len(names)
    for name, letter in zip(names, sorted(mail_server.letters, key=lambda m: int(_number(m))), strict=True):
        assert letter["Bcc"] is None and "<b>村</b>" not in body(letter, "html")
        assert "<script>" not in body(letter, "html") and name in body(letter)


def _number(letter: Any) -> str:
    match = re.match(r"<letter-(\d+)\.", letter["Message-ID"])
    assert match
    return match[1]


@pytest.mark.parametrize(
    ("locale", "why", "way_out"),
    [
        ("zh", "为什么：项目的配捐被整体暂缓", "点“我要说明”"),
        ("en", "Why: all match of the project was put on hold", "explain"),
    ],
)
def test_the_beginning_of_a_review_is_told_with_its_reason(
    world: World, mail_server: MailServer, locale: str, why: str, way_out: str
) -> None:
    world.pot(5_000_00)
    paid = world.pay(world.give(100_00, donor=DONOR, locale=locale))
    send(world, mail_server)
    world.do(hold_project_match, world.slug, paid.project_id, "a reason", "test")
    assert send(world, mail_server) == 1
    text = body(mail_server.letters[-1])
    assert why in text and way_out in text and "100" in text


def test_thanks_and_a_review_are_one_letter(world: World, mail_server: MailServer) -> None:
    world.pot(5_000_00)
    paid = world.pay(world.give(100_00, donor=DONOR))
    world.do(hold_project_match, world.slug, paid.project_id, "a reason", "test")
    assert send(world, mail_server) == 1
    text = body(mail_server.letters[-1])
    assert "谢谢您捐给" in mail_server.letters[-1]["Subject"] and "为什么：项目的配捐被整体暂缓。" in text
    assert "碰巧" not in text, "a manager froze the project"
    assert {(kind, state) for kind, state, *_ in letters(world)} == {
        ("thanks", "sent"),
        ("review_begun", "dropped"),
    }


def test_the_end_of_a_review_is_told_and_its_beginning_no_longer(world: World, mail_server: MailServer) -> None:
    world.pot(5_000_00)
    paid = world.pay(world.give(100_00, donor=DONOR))
    world.do(hold_project_match, world.slug, paid.project_id, "a reason", "test")
    with world.db.snapshot() as tx:
        case = tx.scalar("SELECT id FROM screening_case")
    world.do(decide.cancel, case, "a reason", "test")
    assert send(world, mail_server) == 2
    assert {(kind, state) for kind, state, *_ in letters(world)} == {
        ("thanks", "sent"),
        ("review_begun", "dropped"),
        ("review_cancelled", "sent"),
    }
    assert any("它不计配捐" in body(letter) for letter in mail_server.letters)


def test_donors_get_one_letter_about_a_change_of_purpose(world: World, mail_server: MailServer) -> None:
    for donor, amount_minor, locale in (
        (DONOR, 40_00, "zh"),
        (DONOR, 30_00, "zh"),
        (Donor(name="Ann", email="ann@example.org"), 30_00, "en"),
        (Donor(phone="13800138000"), 10_00, "zh"),
    ):
        world.pay(world.give(amount_minor, donor=donor, locale=locale))
    world.pay(world.give(50_00, 2, donor=Donor(name="大满", email="other@example.org")))
    back = world.pay(world.give(20_00, donor=Donor(name="退", email="back@example.org")))
    world.refund(back, 20_00)
    send(world, mail_server)
    mail_server.letters.clear()
    release(world)
    allot(world.deps)
    new = NewPurpose(world.slug, world.projects[2], "share_project", 60_00, "F-2")
    world.do(change_purpose, world.projects[0], new, "the kitchen <b>moved</b>", "finance")
    assert send(world, mail_server) == 2 and send(world, mail_server) == 0
    by_address = {letter["To"]: letter for letter in mail_server.letters}
    assert by_address.keys() == {"xiaoman@example.org", "ann@example.org"}
    chinese, english = body(by_address["xiaoman@example.org"]), body(by_address["ann@example.org"])
    assert "有 60 元改用于" in chinese and "变更已备案（F-2）" in chinese and "the kitchen <b>moved</b>" in chinese
    assert "60 yuan will now be used for" in english and by_address["ann@example.org"]["Content-Language"] == "en"
    assert "<b>moved" not in body(by_address["ann@example.org"], "html")
    world.do(change_purpose, world.projects[0], new._replace(amount_minor=1_00), "more", "finance")
    assert send(world, mail_server) == 2  # another change is told too
    world.check()


def test_without_mail_url_nothing_is_sent_and_old_letters_end(world: World) -> None:
    world.pay(world.give(100_00, donor=DONOR))
    assert send_letters(world.deps) == 0 and letters(world)[0][1] == "waiting"
    world.clock.advance(minutes=3 * 24 * 60 + 1)
    send_letters(world.deps)
    assert letters(world) == [("thanks", "dropped", 0, "too_old")]


@pytest.mark.parametrize("url", ["http://mail", "smtp://", "mail.example.org"])
def test_a_bad_mail_url_is_refused(url: str) -> None:
    with pytest.raises(config.BadSettings, match="MAIL_URL must begin"):
        config.load({"MAIL_URL": url})
