"""Nothing that leaves a training site can be taken for real, and nothing of a real one is marked."""

import csv
import io
import mailbox
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from pathlib import Path

from flask import Flask

from app.mail.letter import Reader as MailReader
from app.mail.letter import compose_text
from app.mail.send import send_letters
from app.papers import kept
from app.training_marks import harmless
from campaigns.donations.commands import Donor
from campaigns.network.people import create_manager
from campaigns.payouts.bank_file import BankAccount, BankFile, Payment, pain001, rows_of
from tests.web.reader import PASSWORD, Reader
from tests.web.workbook import read_workbook
from tests.world import World

BAND = "演练：不是真的活动，没有真的钱"
NO_PAGES = ("/static", "/healthz", "/readyz", "/metrics", "/favicon.ico", "/demo/mailbox", "/design")


def plain_addresses(app: Flask) -> list[str]:
    """Addresses that need no argument."""
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments]
    return sorted(rule.rule for rule in rules if not rule.rule.startswith(NO_PAGES))


def test_every_page_says_so(trainee: Reader, training_app: Flask, world: World) -> None:
    world.do(create_manager, "boss", PASSWORD, "admin", "test")
    trainee.sign_in("boss")
    project = world.projects[0]
    paths = [*plain_addresses(training_app), "/nowhere", trainee.form_page, "/c/day", f"/c/day/p/{project}"]
    paths += [f"/c/day/{part}" for part in ("standings", "screen", "people", "teams", "embed")]
    paths += [f"/console/projects/{project}", "/console/campaigns/day", "/public/c/day"]
    pages = 0
    for path in paths:
        reply = trainee.http.get(path, headers={"Accept": "text/html"})
        assert reply.headers.get("Beishan-Training") == "1", path
        assert reply.headers.get("X-Robots-Tag") == "noindex, nofollow", path
        if reply.mimetype == "text/html" and reply.status_code not in (302, 303, 308):
            pages += 1
            assert BAND in reply.text, path
    assert pages > 60


def test_a_real_site_is_not_marked(reader: Reader) -> None:
    for path in ("/", "/c/day", "/console/sign-in", "/api/v1/campaigns/day"):
        reply = reader.http.get(path)
        assert "演练" not in reply.text and "Beishan-Training" not in reply.headers
    assert "/c/day" in reader.open("/sitemap.xml")


def test_search_engines_stay_away(trainee: Reader) -> None:
    assert trainee.open("/robots.txt") == "User-agent: *\nDisallow: /\n"
    assert "<loc>" not in trainee.open("/sitemap.xml")
    assert "【演练】" in trainee.open("/c/day").split("</title>")[0]


def test_tables_say_so_in_each_row(trainee: Reader, world: World) -> None:
    world.pay(world.give(50_00))
    reply = trainee.http.get("/public/c/day.csv")
    head, *rows = csv.reader(io.StringIO(reply.text.removeprefix("\ufeff")))
    assert head[0] == "不是真的" and rows and {row[0] for row in rows} == {"演练"}
    assert "filename=training-day.csv" in reply.headers["Content-Disposition"]
    world.do(create_manager, "boss", PASSWORD, "admin", "test")
    trainee.sign_in("boss")
    book = trainee.http.get("/console/donations.xlsx")
    assert [row[0] for row in read_workbook(book.data)] == ["不是真的", "演练"]
    assert "training-donations.xlsx" in book.headers["Content-Disposition"]


def test_papers_are_marked(reader: Reader, trainee: Reader) -> None:
    for path in ("/c/day/link.zh.png", "/c/day/poster.zh.png"):
        kept._kept.clear()  # of a process, which is of one site
        real = reader.http.get(path)
        kept._kept.clear()
        marked = trainee.http.get(path)
        assert real.status_code == marked.status_code == 200
        assert marked.data.startswith(b"\x89PNG") and marked.data != real.data
    kept._kept.clear()


def test_letters_say_so(world: World, tmp_path: Path) -> None:
    world.pay(world.give(66_60, donor=Donor(name="小满", email="xiaoman@example.org")))
    box = tmp_path / "mailbox"
    deps = replace(world.deps, training=True, mail_url=f"file://{box}", mail_from="no-reply@example.org")
    assert send_letters(deps) == 1
    (raw,) = [message.as_bytes() for message in mailbox.Maildir(box)]
    letter = BytesParser(policy=policy.default).parsebytes(raw)
    assert letter["Subject"].startswith("【演练】")
    for kind in ("plain", "html"):
        part = letter.get_body((kind,))
        assert part is not None and BAND in part.get_content()
    text = compose_text(MailReader("1", "", "zh"), "123456", "洛阳慈善", datetime.now(UTC), training=True)
    assert text.get_content().startswith("【演练】")


def test_no_bank_can_carry_out_an_order(training_app: Flask, app: Flask) -> None:
    account = BankAccount("栾川县慈善会", "农业银行", "103493000010", "41001234567890")
    payment = Payment("BS000001-1", account, 500_00, "公益项目款")
    order = BankFile("BS000001", datetime.now(UTC), account, [payment])
    with training_app.test_request_context("/"):
        marked = harmless(order)
    for file in (pain001(marked).decode(), str(rows_of(marked))):
        assert account.number not in file and account.bank_code not in file
        assert "TRAINING-BS000001-1" in file and "演练，请勿付款" in file
    with app.test_request_context("/"):
        assert harmless(order) is order
