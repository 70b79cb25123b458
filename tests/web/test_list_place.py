"""A list keeps its filter and page after a change on one of its rows, and offers only what changes a row."""

from urllib.parse import urlsplit

from campaigns.network import links
from campaigns.network.roles import Caller
from kernel.db import Tx
from tests.web.reader import Reader, text
from tests.web.test_people import gift
from tests.world import World


def test_a_decision_keeps_the_filter_and_the_page_of_its_list(manager: Reader, world: World) -> None:
    gift(world, message="愿老人们吃得好")
    gift(world, message="天天有热饭")
    manager.open("/console/words?state=waiting&page=1&all=yes")
    manager.send("/console/words", show="1")
    assert manager.page.request.args.to_dict() == {"state": "waiting", "page": "1"}
    assert "天天有热饭" in manager.page.text and "愿老人们吃得好" not in manager.page.text


def test_a_refused_decision_keeps_them_too_with_what_was_typed(manager: Reader, world: World) -> None:
    gift(world, message="愿老人们吃得好")
    manager.open("/console/words?state=waiting")
    assert "请至少选一项" in manager.send("/console/words", words=None, hide="")
    assert manager.page.request.args.to_dict() == {"state": "waiting"}


def test_a_page_that_became_empty_turns_to_the_last_one(manager: Reader, world: World) -> None:
    def invite(tx: Tx) -> None:
        links.invite_all(
            tx, Caller("boss", "admin"), [links.Invited("liaison", "4101", f"客人{n}") for n in range(51)]
        )

    world.do(invite)
    manager.open("/console/people/invitations?q=栾川&page=2")
    action = next(part for part in manager.page.text.split('action="') if "/invitations/" in part.split('"')[0])
    manager.send(urlsplit(action.split('"')[0]).path)
    assert manager.page.request.args.to_dict() == {"q": "栾川", "page": "1"}
    assert "未用的邀请 50" in text(manager.page.text)


def test_words_offer_only_the_decision_that_changes_them(manager: Reader, world: World) -> None:
    gift(world, message="愿老人们吃得好")
    waiting = manager.open("/console/words")
    assert "公开这条" in waiting and "隐藏这条" in waiting
    manager.send("/console/words", show="1")
    shown = manager.open("/console/words?state=shown")
    assert "公开这条" not in shown and "隐藏这条" in shown
    manager.send("/console/words", hide="1")
    hidden = manager.open("/console/words?state=hidden")
    assert "公开这条" in hidden and "隐藏这条" not in hidden
