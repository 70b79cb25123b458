"""Who gave is looked at by whom it is granted, each look recorded; donations are found by a donor's whole name."""

from uuid import UUID

import pytest
from flask import Flask

from campaigns.audit import entries_of
from campaigns.donations.donation_number import short_number_of
from campaigns.donations.donors.contact import Donor
from campaigns.donations.donors.index_names import index_names
from campaigns.network.people import create_manager
from campaigns.privacy.erase import erase
from campaigns.privacy.person import alone
from tests.api.client import Api, problem
from tests.web.reader import PASSWORD, Reader, forms, text
from tests.world import World

DONOR = Donor(name="欧阳·小<b>满", phone="13800138000", email="man@example.org")


@pytest.fixture
def gift(world: World) -> UUID:
    return world.pay(world.give(66_60, donor=DONOR)).id


@pytest.fixture
def api(app: Flask, world: World) -> Api:
    return Api(app.test_client(), world)


def person(app: Flask, world: World, role: str, branch: str | None = None) -> Reader:
    world.do(create_manager, f"the-{role}", PASSWORD, role, "test", branch)
    reader = Reader(app.test_client(), world)
    reader.sign_in(f"the-{role}")
    return reader


def looks(world: World, gift: UUID) -> list[tuple[str, str]]:
    entries = world.do(entries_of, f"donation:{gift}")
    return [(entry.actor, entry.action) for entry in reversed(entries) if entry.action.startswith("contact.")]


def test_finance_looks_at_contact_and_link_and_each_look_is_recorded(app: Flask, world: World, gift: UUID) -> None:
    finance = person(app, world, "finance", "4101")
    page = f"/console/donations/{gift}"
    assert "13800138000" not in finance.open(page)
    shown = finance.send("/contact#donor")
    assert "欧阳·小&lt;b&gt;满" in shown and "13800138000" in shown and "man@example.org" in shown
    assert "no-store" in finance.page.headers["Cache-Control"]
    assert "13800138000" not in finance.open(page), "this once"
    link = finance.send("/link#donor")
    token = link.split("token=")[1].split('"')[0]
    assert token == world.deps.keys.token(str(gift))
    assert looks(world, gift) == [("the-finance", "contact.look"), ("the-finance", "contact.link")]


@pytest.mark.parametrize(("role", "branch"), [("auditor", None), ("manager", None), ("finance", "4102")])
def test_others_do_not(app: Flask, world: World, gift: UUID, role: str, branch: str | None) -> None:
    reader = person(app, world, role, branch)
    assert f"/donations/{gift}/contact" not in reader.http.get(f"/console/donations/{gift}").text
    for verb in ("contact", "link"):
        token = forms(reader.open("/console/account"))[0][1]["csrf_token"]
        refused = reader.http.post(f"/console/donations/{gift}/{verb}", data={"csrf_token": token})
        assert refused.status_code == (404 if branch else 403) and "13800138000" not in refused.text
    assert looks(world, gift) == []


def test_the_api_looks_by_the_same_rights(api: Api, world: World, gift: UUID) -> None:
    contact = api.manage(f"/donations/{gift}/contact", status=200, role="finance", method="GET")
    assert contact == {"name": DONOR.name, "phone": "13800138000", "email": "man@example.org"}
    link = api.manage(f"/donations/{gift}/link", status=200, method="GET")
    assert link["url"].endswith(f"/d/{gift}?token={world.deps.keys.token(str(gift))}")
    problem(api.get(f"/donations/{gift}/contact", api.token("auditor")), 403, "not_permitted")
    assert [action for _, action in looks(world, gift)] == ["contact.look", "contact.link"]


def test_a_whole_name_finds_its_donations(app: Flask, api: Api, world: World, gift: UUID) -> None:
    world.give(20_00, donor=Donor(name="欧阳"))
    rows = api.manage("/donations?name=%E6%AC%A7%E9%98%B3%20%E5%B0%8F%3CB%3E%E6%BB%A1", status=200, method="GET")
    assert [line["id"] for line in rows["donations"]] == [str(gift)]
    problem(api.get("/donations?name=x", api.token("auditor")), 403, "not_permitted")
    problem(api.get("/donations?name=%20", api.token()), 422, "search_invalid")
    finance = person(app, world, "finance")
    finance.open("/console/donations")
    listed = finance.send("/console/donations/contact", contact="欧阳小<b>满")
    assert short_number_of(gift) in listed and "欧阳" not in finance.page.request.full_path
    finance.send("/console/search", q="欧阳·小<b>满")
    assert "name=" in finance.page.request.full_path
    assert sum(entry.action == "contact.search" for entry in world.do(entries_of, "donors")) == 3
    far = person(app, world, "manager", "4102")
    far.open("/console/donations")
    assert short_number_of(gift) not in far.send("/console/donations/contact", contact="欧阳小<b>满")


def test_names_of_earlier_versions_get_keys_and_erased_ones_lose_them(api: Api, world: World, gift: UUID) -> None:
    before = world.do(lambda tx: tx.scalar("SELECT name_key FROM person_key"))
    world.do(lambda tx: tx.run("UPDATE person_key SET name_key = NULL"))
    assert world.do(index_names, world.deps.keys) == 1 and world.do(index_names, world.deps.keys) == 0
    assert before and world.do(lambda tx: tx.scalar("SELECT name_key FROM person_key")) == before
    world.do(lambda tx: erase(world.deps, tx, alone(tx, gift), "test", "manager"))
    assert api.manage("/donations?name=欧阳·小<b>满", status=200, method="GET")["donations"] == []


def test_the_story_names_what_the_donor_asked_and_who_acted(app: Flask, api: Api, world: World, gift: UUID) -> None:
    token = world.deps.keys.token(str(gift))
    assert api.post(f"/donations/{gift}/questions", {"question": "秘密的话"}, token).status_code == 201
    api.manage(f"/donations/{gift}/contact", status=200, method="GET")
    auditor, finance = person(app, world, "auditor"), person(app, world, "finance")
    story = text(auditor.open(f"/console/donations/{gift}"))
    assert "捐赠人提问" in story and "查看捐赠人的联系方式" in story and "秘密的话" not in story
    assert "查看捐赠人的联系方式" not in finance.open(f"/console/donations/{gift}"), "the trail is the auditor's"
