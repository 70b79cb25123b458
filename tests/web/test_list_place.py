"""A list keeps its filter and page after a change on one of its rows, and offers only what changes a row."""

from urllib.parse import urlsplit

from campaigns.intake.project_codes import map_code
from campaigns.lifecycle.sources import add_source
from campaigns.network import links
from campaigns.network.roles import Caller
from kernel.db import Tx
from payments.partners import partners
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


def test_many_sources_are_paged_and_searched(manager: Reader, world: World) -> None:
    for number in range(51):
        world.do(add_source, world.slug, "video", f"视频{number:02}", None, "boss")
    page = text(manager.open(f"/console/campaigns/{world.slug}/sources"))
    assert "来源 51" in page and page.count("二维码") == 51, "fifty rows, and the page's own words"
    assert text(manager.open(f"/console/campaigns/{world.slug}/sources?page=2")).count("二维码") == 2
    filtered = text(manager.open(f"/console/campaigns/{world.slug}/sources?q=视频07"))
    assert "来源 1" in filtered and "视频07" in filtered and "视频08" not in filtered
    assert "没有找到这样的来源" in manager.open(f"/console/campaigns/{world.slug}/sources?q=_")


def test_many_codes_of_platforms_are_paged_and_searched(manager: Reader, world: World) -> None:
    world.do(partners.create, world.deps.keys, "shanmei", "善美")
    code = world.do(lambda tx: tx.scalar("SELECT code FROM project WHERE id = :id", id=world.projects[0]))
    for number in range(51):
        world.do(map_code, "shanmei", f"SM-{number:02}", code, "boss")
    assert "SM-50" not in manager.open("/console/inbox/codes")
    assert "SM-50" in manager.open("/console/inbox/codes?page=2")
    filtered = manager.open("/console/inbox/codes?q=SM-07")
    assert "SM-07" in filtered and "SM-08" not in filtered
