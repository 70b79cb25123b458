"""The result by project, numbered and frozen, and its correction: another notice with both versions and why."""

import pytest
from sqlalchemy.exc import DBAPIError

from campaigns.check import check_books
from campaigns.closing.publication.notices import correct, notices_of
from campaigns.lifecycle.campaign import find_campaign
from kernel.errors import Conflict, Invalid
from tests.api.client import Api
from tests.payouts.released import release
from tests.web.reader import Reader, text
from tests.world import World

PATH = "/public/c/day/notices"
WHY = "捐赠人 <b>退款</b> 10 元"


@pytest.fixture
def published(world: World) -> World:
    """Two projects with 100.00 and 50.00, published; then 10.00 of the first go back."""
    gifts = [world.pay(world.give(amount, project)) for project, amount in ((0, 100_00), (2, 50_00))]
    with pytest.raises(Conflict, match="notice_missing"):
        world.do(correct, "day", WHY, "finance")
    release(world)
    with pytest.raises(Conflict, match="notice_unchanged"):
        world.do(correct, "day", WHY, "finance")
    world.refund(gifts[0], 10_00)
    return world


def test_a_correction_is_another_notice_with_both_versions_and_why(manager: Reader, published: World) -> None:
    world = published
    first = manager.open(f"{PATH}/1")
    assert "100.00" in text(first) and "150.00" in text(first) and "公示〔2026〕1 号" in text(first)
    with pytest.raises(Invalid, match="reason_missing"):
        world.do(correct, "day", " ", "finance")
    page = text(manager.open("/console/campaigns/day/notices"))
    assert "公告之后账上的变动" in page and "90.00" in page
    manager.send("/console/campaigns/day/notices", reason=WHY)
    correction = manager.open(f"{PATH}/2")
    assert "公示〔2026〕2 号" in text(correction) and "捐赠人 &lt;b&gt;退款" in correction
    assert "100.00" in text(correction) and "90.00" in text(correction) and "140.00" in text(correction)
    after = manager.open(f"{PATH}/1")
    assert "本公告已更正" in text(after) and f'href="{PATH}/2"' in after and "150.00" in text(after)
    assert "更正公告 公示〔2026〕2 号" in text(manager.open("/public/c/day"))
    table = manager.http.get(f"{PATH}/2/notice.csv").get_data(as_text=True)
    assert "90.00" in table and "140.00" in table
    manager.open(f"{PATH}/3", 404)
    with pytest.raises(Conflict, match="notice_unchanged"):
        world.do(correct, "day", WHY, "finance")


def test_a_published_notice_never_changes(api: Api, published: World) -> None:
    world = published
    made = api.post("/campaigns/day/notices", {"reason": WHY}, api.token()).get_json()
    assert (made["version"], made["number"], made["total_minor"], made["reason"]) == (2, 2, 140_00, WHY)
    listed = api.get("/campaigns/day/notices").get_json()
    assert [(row["version"], row["total_minor"]) for row in listed] == [(1, 150_00), (2, 140_00)]
    notices = world.do(lambda tx: notices_of(tx, find_campaign(tx, "day").id or 0))
    assert [row.notice_hash for row in notices] == [row["hash"] for row in listed]
    with pytest.raises(DBAPIError):
        world.do(lambda tx: tx.run("UPDATE public_notice SET reason = 'another' WHERE version = 2"))
    with world.db.snapshot() as tx:
        assert check_books(tx) == []


@pytest.fixture
def api(manager: Reader, world: World) -> Api:
    return Api(manager.http, world)
