"""What a rule finds in donors' words, and which names need nobody to look at them."""

import pytest

from campaigns.donations.public_words import is_plain_name, suspicion_of


@pytest.mark.parametrize(
    "text",
    [
        "加微信聊",
        "vx 同号",
        "V X：abc",
        "ｗｅｃｈａｔ",
        "1380013800",
        "138 0013 8000",
        "１３８００１３８０００",
        "一三八零零一三八",
        "me@example.org",
        "看 https://a.b",
        "www.a",
        "beishan点com",
        "abc.cn",
        "扫 码 领",
        "QQ群",
    ],
)
def test_contact_details_in_words_are_suspicious(text: str) -> None:
    assert suspicion_of(text) == "contact"


@pytest.mark.parametrize(
    "text", ["", "愿老人们吃得好", "第 3 年了，加油", "2026 年一起捐", "捐 100 元给村里", "Good luck to all of you"]
)
def test_good_wishes_are_not(text: str) -> None:
    assert suspicion_of(text) == ""


@pytest.mark.parametrize("name", ["张伟", "欧阳娜娜", "阿依古丽", "Anna", "Jean-Luc Martin", "O'Neill"])
def test_plain_names(name: str) -> None:
    assert is_plain_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "张",
        "一个非常非常长的名字",
        "加微信",
        "张伟123",
        "张 伟",
        "<b>张</b>",
        "张伟\n",
        "Аnna",
        "张\u202e伟",
        "爱心🌸",
        "A" * 31,
    ],
)
def test_names_that_are_not_plain_wait_for_an_operator(name: str) -> None:
    assert not is_plain_name(name)
