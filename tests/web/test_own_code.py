"""A donor finds what they gave from any device by a code sent to them, and nobody else does."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from app.mail.send import send_letters
from campaigns.disclosure.campaigns import public_campaign
from campaigns.donations.donors.contact import Donor, identity_key
from campaigns.privacy import own_codes
from campaigns.privacy.retention import forget_codes
from kernel.db import Tx
from tests.mail.conftest import MailServer, mail_server
from tests.web.reader import Reader, text
from tests.world import World

__all__ = ["mail_server"]
DONOR = Donor(name="小满", email="xiaoman@example.org", publish_name=True)


@pytest.fixture
def sms(request: Any) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A gateway for text messages: its address, and what it took (authorization and body)."""
    taken: list[tuple[str, str]] = []

    class Gateway(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            taken.append((self.headers.get("Authorization", ""), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Gateway)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://:secret@127.0.0.1:{server.server_port}/texts", taken
    server.shutdown()


def _key(world: World, contact: str) -> str:
    return identity_key(world.deps.keys, own_codes.require_identity(contact))


def ask(reader: Reader, contact: str, status: int = 200) -> str:
    reader.open("/my")
    return reader.send("/my/code", status, contact=contact)


def code_in_mail(world: World, server: MailServer) -> str:
    sent = send_letters(replace(world.deps, mail_url=server.url, mail_from="no-reply@example.org"))
    assert sent, "no letter was sent"
    bodies = [str(letter.get_body(("plain",)).get_content()) for letter in server.letters]  # type: ignore[union-attr]
    codes = [digits[1] for body in bodies if (digits := re.search(r"验证码是 (\d{6})", body))]
    assert codes, bodies
    return codes[-1]


def enter(reader: Reader, code: str, status: int = 200) -> str:
    action = reader.page.request.path
    return reader.send(action, status, code=code)


def test_a_code_opens_all_that_was_given_with_an_address(
    reader: Reader, world: World, mail_server: MailServer
) -> None:
    world.pot(10_000_00)
    first = world.pay(world.give(66_60, donor=DONOR))
    world.give(20_00, donor=Donor(phone="13800138000", email="XiaoMan@example.org"))  # known by phone, same address
    world.give(30_00, donor=Donor(email="other@example.org"))
    send_letters(replace(world.deps, mail_url=mail_server.url, mail_from="no-reply@example.org"))
    ask(reader, " xiaoman@EXAMPLE.org ")
    page = enter(reader, code_in_mail(world, mail_server))
    assert mail_server.letters[-1]["To"].lower() == "xiaoman@example.org"  # both were given at the same time
    assert "一共捐了 2 笔" in page and "66.60" in page and "20.00" in page and "30.00" not in page
    assert reader.page.headers["Cache-Control"] == "no-store"
    link = next(url for url in re.findall(r'href="(/d/[^"]+)"', page) if str(first.id) in url)
    gift = reader.open(link)
    assert "谢谢您" in gift
    steps = text(gift.split('class="trace"')[1].split("</ol>")[0])
    assert "付款 已完成" in steps and "到账 已完成" not in steps
    reader.open("/my")
    assert "这台设备上还没有捐赠" in reader.send("/my/close")


def test_a_contact_that_never_gave_looks_the_same(reader: Reader, world: World, mail_server: MailServer) -> None:
    world.pay(world.give(66_60, donor=DONOR))
    known = text(ask(reader, "xiaoman@example.org")).replace(reader.page.request.path, "")
    unknown = text(ask(reader, "nobody@example.org")).replace(reader.page.request.path, "")
    assert known == unknown  # but for the address of the page, which is printed
    unknown_id = reader.page.request.path.rsplit("/", 1)[1]
    with world.db.snapshot() as tx:
        right = own_codes.code_of(world.deps.keys, tx.scalar("SELECT id FROM donor_code WHERE donation_id IS NULL"))
        assert tx.scalar("SELECT count(*) FROM letter WHERE kind = 'code'") == 1 and unknown_id
    assert "验证码不对" in enter(reader, right, 404)  # even the right digits open nothing


def test_a_code_is_tried_five_times_typed_once_and_ends(
    reader: Reader, world: World, mail_server: MailServer
) -> None:
    world.pay(world.give(66_60, donor=DONOR))
    ask(reader, "xiaoman@example.org")
    code = code_in_mail(world, mail_server)
    for _ in range(own_codes.MOST_TRIES):
        assert "验证码不对" in enter(reader, "0000000", 404)
    assert "试错太多次" in enter(reader, code, 404)
    ask(reader, "xiaoman@example.org")
    where = reader.page.request.path
    code = code_in_mail(world, mail_server)
    world.clock.advance(minutes=11)
    assert "已过期" in enter(reader, code, 404)
    ask(reader, "xiaoman@example.org")
    where = reader.page.request.path
    code = code_in_mail(world, mail_server)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    assert "一共捐了 1 笔" in enter(reader, wide), "as a Chinese keyboard types it"
    other = Reader(reader.http.application.test_client(), world)
    other.open(where)
    assert "已过期" in enter(other, code, 404)  # nobody types it again
    other.http.set_cookie("own", where.rsplit("/", 1)[1])
    assert "一共捐了" not in other.open("/my")  # and a cookie that we did not sign opens nothing
    world.clock.advance(minutes=61)
    assert "一共捐了" not in reader.open("/my")


def test_codes_of_a_contact_are_limited_and_forgotten(reader: Reader, world: World) -> None:
    for number in range(own_codes.MOST_A_DAY):
        reader.http.environ_base["REMOTE_ADDR"] = f"192.0.2.{number // 5}"
        ask(reader, "nobody@example.org")
    assert "今天要过" in ask(reader, "nobody@example.org", 403)
    assert "手机号或邮箱" in ask(reader, "not a contact", 422)
    world.clock.at += timedelta(days=1, minutes=1)
    reader.http.environ_base["REMOTE_ADDR"] = "192.0.2.9"  # limits of an address go by the real time
    ask(reader, "nobody@example.org")
    assert forget_codes(world.deps) == own_codes.MOST_A_DAY


def test_c8_a_stranger_does_not_use_up_the_codes_of_a_donor(reader: Reader, world: World) -> None:
    reader.http.environ_base["REMOTE_ADDR"] = "198.51.100.66"
    for spelled in ("owner@example.org", " OWNER@example.org", "Owner@Example.org") * 2:
        ask(reader, spelled)
    assert "操作太频繁" in ask(reader, "owner@example.org", 429)
    reader.http.environ_base["REMOTE_ADDR"] = "192.0.2.1"
    assert "验证码" in ask(reader, "owner@example.org")


def test_a_phone_number_gets_a_text_message(
    reader: Reader, world: World, sms: tuple[str, list[tuple[str, str]]]
) -> None:
    url, taken = sms
    world.pay(world.give(66_60, donor=Donor(phone="138 0013 8000")))
    ask(reader, "13800138000")
    assert send_letters(world.deps) == 0  # no gateway: it waits, and ends
    assert send_letters(replace(world.deps, sms_url=url)) == 1
    authorization, body = taken[0]
    host = world.do(public_campaign, world.slug).host
    assert authorization == "Bearer secret" and '"to": "+8613800138000"' in body and f'"【{host}】' in body
    digits = re.search(r"验证码 (\d{6})", body)
    assert digits and "一共捐了 1 笔" in enter(reader, digits[1])


def test_text_messages_are_signed_as_registered(
    reader: Reader, world: World, sms: tuple[str, list[tuple[str, str]]]
) -> None:
    url, taken = sms
    world.pay(world.give(66_60, donor=Donor(phone="13800138000")))
    ask(reader, "13800138000")
    send_letters(replace(world.deps, sms_url=url, sms_signature="洛阳慈善"))
    assert '"【洛阳慈善】' in taken[0][1]


def test_the_letter_with_a_code_speaks_the_language_of_the_page(
    reader: Reader, world: World, mail_server: MailServer
) -> None:
    """Not that of the gift: who asks reads this page."""
    world.pay(world.give(66_60, donor=DONOR))
    reader.open("/my?lang=en")
    reader.send("/my/code", contact="xiaoman@example.org")
    send_letters(replace(world.deps, mail_url=mail_server.url, mail_from="no-reply@example.org"))
    letter = next(letter for letter in mail_server.letters if "/my/code/" in str(letter))
    assert letter["Content-Language"] == "en"
    assert re.search(r"Your code is \d{6}", str(letter.get_body(("plain",)).get_content()))  # type: ignore[union-attr]


def test_consent_export_and_erasure_of_all_at_once(reader: Reader, world: World, mail_server: MailServer) -> None:
    donations = [world.pay(world.give(amount, donor=DONOR)).id for amount in (10_00, 20_00)]
    ask(reader, "xiaoman@example.org")
    enter(reader, code_in_mail(world, mail_server))
    page = reader.page
    exported = reader.send("/my/personal-data")
    assert all(str(id_) in exported for id_ in donations) and "小满" in exported
    reader.page = page
    assert "不再公开了" in reader.send("/my/unpublish")
    with world.db.snapshot() as tx:
        assert tx.scalar("SELECT count(*) FROM donation WHERE publish_name") == 0
    assert "不再发信" in reader.send("/my/no-letters")
    assert "一共捐了 2 笔" in reader.send("/my/erasure", sure=None)
    assert "已注销" in reader.send("/my/erasure", sure="1")
    with world.db.snapshot() as tx:
        assert tx.scalar("SELECT count(*) FROM person_key") == 0
        assert tx.scalar("SELECT count(*) FROM donation") == 2
    world.check()


def test_without_a_code_nothing_of_a_person_can_be_done(reader: Reader, world: World) -> None:
    world.pay(world.give(66_60, donor=DONOR))
    ask(reader, "xiaoman@example.org")
    token = re.search(r'name="csrf_token" value="([^"]+)"', reader.page.text)
    assert token
    for action in ("personal-data", "unpublish", "no-letters", "erasure"):
        sent = reader.http.post(f"/my/{action}", data={"csrf_token": token[1], "sure": "1"})
        assert sent.status_code == (303 if action == "erasure" else 404), action
    with world.db.snapshot() as tx:
        assert tx.scalar("SELECT count(*) FROM person_key") == 1


def test_the_newest_gift_of_a_contact_is_found_by_the_keys_of_donations(world: World) -> None:
    """By a phone number, by an address given beside one, and by an address alone."""
    both = Donor(phone="13800138000", email="beside@example.org")
    older, other = world.give(1_00, donor=both), world.give(1_00, donor=Donor(email="alone@example.org"))
    world.clock.advance(minutes=1)
    newest = world.give(1_00, donor=Donor(phone="13800138000"))

    def holder(contact: str) -> UUID | None:
        return world.do(own_codes._reachable_by, _key(world, contact))

    assert holder("138 0013 8000") == newest.id
    assert (holder("beside@example.org"), holder("alone@example.org")) == (older.id, other.id)
    assert holder("nobody@example.org") is None


def test_asking_for_a_code_reads_no_table_from_end_to_end(world: World) -> None:
    """Without statistics too: the index of donations replaced one of the keys."""
    world.give(1_00, donor=Donor(phone="13800138000"))
    plans: list[str] = []

    def explain(connection: Any, cursor: Any, sql: str, values: Any, *_: Any) -> None:
        if "person_key" in sql:
            cursor.execute(f"EXPLAIN {sql}", values)
            plans.extend(row[0] for row in cursor.fetchall())

    def ask_for(tx: Tx) -> None:
        tx.run("DELETE FROM pg_statistic")
        # As never vacuumed. Of a table that is known to hold one row any index may be read, whole too.
        tx.run("UPDATE pg_class SET relpages = 0, reltuples = -1 WHERE relkind = 'r' AND oid >= 16384")
        event.listen(world.db.engine, "before_cursor_execute", explain)
        try:
            own_codes._reachable_by(tx, _key(world, "13800138000"))
        finally:
            event.remove(world.db.engine, "before_cursor_execute", explain)

    world.do(ask_for)
    assert any("donation_donor" in line for line in plans), plans
    assert not [line for line in plans if "Seq Scan" in line or "donation_newest" in line], plans
