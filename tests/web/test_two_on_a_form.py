"""Two people on one form: what the first saved stays, and the second is told of it."""

import pytest
from flask import Flask

from campaigns.audit import entries_of
from campaigns.goods import goods
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.host_contact import Contact, contacts_of
from campaigns.network.people import create_manager
from campaigns.screening.settings import load_thresholds
from campaigns.screening.thresholds import default_thresholds
from tests.goods.test_goods import entered
from tests.web.reader import PASSWORD, Reader, text
from tests.world import SLUG, World


@pytest.fixture
def colleague(app: Flask, world: World) -> Reader:
    world.do(create_manager, "kim", PASSWORD, "admin", "test")
    reader = Reader(app.test_client(), world)
    reader.sign_in("kim")
    return reader


def test_the_contact_of_a_host(manager: Reader, colleague: Reader, world: World) -> None:
    page, campaign_id = f"/console/campaigns/{SLUG}", world.do(find_campaign, SLUG).id
    manager.open(page)
    colleague.open(page)
    manager.send("/contact", phone="0379 1111111")
    colleague.send("/contact", email="help@example.org")
    assert world.do(contacts_of, [campaign_id])[campaign_id] == Contact("0379 1111111", "", "help@example.org")
    manager.open(page)
    colleague.send("/contact", phone="0379 2222222")
    refused = text(manager.send("/contact", phone="0379 3333333"))
    assert "kim 在" in refused and "0379 2222222" in refused
    assert world.do(contacts_of, [campaign_id])[campaign_id].phone == "0379 2222222"
    manager.send("/contact", phone="0379 3333333")
    entry = world.do(entries_of, f"campaign:{campaign_id}")[0]
    assert entry.detail == {"before": {"phone": "0379 2222222"}, "after": {"phone": "0379 3333333"}}


def test_thresholds_of_review(manager: Reader, colleague: Reader, world: World) -> None:
    page, campaign_id = f"/console/campaigns/{SLUG}/screening", world.do(find_campaign, SLUG).id
    manager.open(page)
    colleague.open(page)
    manager.send("/screening", rapid_count="9")
    colleague.send("/screening", rapid_within_s="777")
    kept = world.do(load_thresholds, [campaign_id], default_thresholds({}))[campaign_id]
    assert (kept.rapid_count, kept.rapid_within_s) == (9, 777)
    manager.open(page)
    colleague.send("/screening", rapid_count="8")
    assert "kim 在" in text(manager.send("/screening", rapid_count="7"))
    assert world.do(load_thresholds, [campaign_id], default_thresholds({}))[campaign_id].rapid_count == 8


def test_goods(manager: Reader, colleague: Reader, world: World) -> None:
    goods_id = entered(world)
    page = f"/console/goods/{goods_id}"
    manager.open(page)
    colleague.open(page)
    manager.send(page, quantity="150")
    colleague.send(page, unit="条")
    row = world.do(goods.find, goods_id)
    assert (row.quantity, row.unit) == (150, "条")
    manager.open(page)
    colleague.send(page, quantity="140")
    assert "kim 在" in text(manager.send(page, quantity="130"))
    assert "物资已更正" in text(manager.send(page)), "told, they may save again"
    assert world.do(goods.find, goods_id).quantity == 130
