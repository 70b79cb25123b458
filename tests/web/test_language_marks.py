"""On English pages Chinese names are marked as Chinese; counts read right for one and for many."""

import pytest
from flask import Flask
from flask_babel import force_locale

from app.i18n.locale import chinese_mark, marked_chinese
from tests.web.reader import Reader, text
from tests.world import World


def marked(chinese: str) -> str:
    return f'<span lang="zh-CN">{chinese}</span>'


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("云溪村", marked("云溪村")),
        ("“春天一顿饭”（演示，已办完）", marked("“春天一顿饭”（演示，已办完）")),
        ("村里 70 岁以上的老人有 43 位。", marked("村里 70 岁以上的老人有 43 位。")),
        ("高一(3)班", marked("高一(3)班")),
        ("From 甲池 and 乙池.", f"From {marked('甲池')} and {marked('乙池')}."),
        ("<b>甲</b>", f"&lt;b&gt;{marked('甲')}&lt;/b&gt;"),
        ("No. DEMO-0000", "No. DEMO-0000"),
        (None, ""),
    ],
)
def test_each_run_of_chinese_is_marked_and_what_was_typed_is_escaped(
    app: Flask, typed: str | None, expected: str
) -> None:
    with app.test_request_context(), force_locale("en"):
        assert str(marked_chinese(typed)) == expected
        assert bool(chinese_mark(typed)) == ("zh-CN" in expected)
    with app.test_request_context(), force_locale("zh"):
        assert marked_chinese(typed) == (typed or "") and chinese_mark(typed) == ""


def test_one_donor_is_not_many(reader: Reader, world: World) -> None:
    world.pot(100_00)
    world.pay(world.give(30_00))
    assert "1 donor, 1 donation" in text(reader.open("/c/day?lang=en"))
    world.pay(world.give(20_00, email="b@example.org"))
    assert "2 donors, 2 donations" in text(reader.open("/c/day?lang=en"))
    assert "2 人捐了 2 笔" in text(reader.open("/c/day?lang=zh"))


def test_the_receipt_form_reads_right_in_english(reader: Reader, world: World) -> None:
    paid = world.pay(world.give(30_00))
    page = text(reader.open(f"/d/{paid.id}?token={world.deps.keys.token(str(paid.id))}&lang=en"))
    name = "Name on the receipt (full name of the person or organisation)"
    for words in ("An individual", "An organisation", name, "E-mail for the receipt"):
        assert words in page
