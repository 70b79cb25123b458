"""What everybody may read."""

import json
import re
import warnings

import pytest
from flask import Flask

from campaigns.donations.donors.contact import Donor
from tests.api.client import Api, problem
from tests.world import World


def test_campaigns_show_their_legal_block_totals_and_pots(api: Api, world: World) -> None:
    world.pot(1_000_00)
    world.pay(world.give(100_00, email="a@example.org"))
    world.pay(world.give(50_00, email="a@example.org", project=2))
    (listed,) = api.get("/campaigns").get_json()
    shown = api.get("/campaigns/day").get_json()
    assert shown == listed
    assert shown["totals"] == {
        "donations": 2,
        "donors": 1,
        "raised_minor": 150_00,
        "matched_minor": 150_00,
        "currency": "CNY",
    }
    assert shown["pots"][0] | {"id": 1, "rules": {}} == {
        "id": 1,
        "name": "pot of 100000",
        "rank": 1,
        "kind": "ratio",
        "mode": "reserve",
        "funded_minor": 1_000_00,
        "available_minor": 850_00,
        "reserved_minor": 0,
        "captured_minor": 150_00,
        "next_tranche_at": None,
        "rules": {},
        "locked": False,
        "unlocked_at": None,
        "held_minor": 0,
        "returned_minor": 0,
        "paused": False,
        "paused_at": None,
        "paused_minor": 0,
    }
    assert shown["legal"]["certificate_no"] == "the certificate_no"
    assert shown["opens_at"].endswith("+00:00")
    assert api.get("/campaigns/day/totals").get_json() == shown["totals"]


def test_standings_equal_the_totals(api: Api, world: World) -> None:
    world.pot(1_000_00)
    for project, team in ((0, "red"), (1, "blue"), (2, "red")):
        world.pay(world.give(100_00, project=project, team=team))
    world.team("red", "blue")
    for by, places in (("county", 2), ("township", 2), ("village", 3), ("team", 2)):
        rows = api.get(f"/campaigns/day/standings?by={by}").get_json()
        assert len(rows) == places
        assert sum(row["total_minor"] for row in rows) == 600_00
        assert [row["place"] for row in rows] == list(range(1, places + 1))
    assert api.get("/campaigns/day/standings").get_json()[0]["name"] == "栾川县"


def test_projects_are_found_and_paged(api: Api) -> None:
    everything = api.get("/campaigns/day/projects?sort=name")
    names = [row["id"] for row in everything.get_json()]
    assert len(names) == 3
    second = api.get("/campaigns/day/projects?sort=name&page=2&page_size=2")
    assert [row["id"] for row in second.get_json()] == names[2:]
    paging = json.loads(second.headers["X-Pagination"])
    assert (paging["total"], paging["total_pages"], paging["page"]) == (3, 2, 2)
    assert len(api.get("/campaigns/day/projects?under=4101&level=village").get_json()) == 2
    assert len(api.get("/campaigns/day/projects?q=41020101").get_json()) == 1
    assert api.get("/campaigns/day/projects?level=city").get_json() == []


def test_the_public_sees_no_draft_and_managers_do(api: Api, world: World) -> None:
    world.do(lambda tx: tx.run("UPDATE campaign SET phase = 'draft' WHERE slug = 'day'"))
    for path in ("", "/totals", "/projects", "/standings"):
        problem(api.get(f"/campaigns/day{path}"), 404, "campaign_unknown")
    assert api.get("/campaigns").get_json() == []
    assert api.get("/campaigns/day", api.token("auditor")).get_json()["phase"] == "draft"
    assert len(api.get("/campaigns", api.token("auditor")).get_json()) == 1
    problem(api.get("/campaigns/day", "dt_of_a_donor"), 404, "campaign_unknown")


def test_the_description_names_every_endpoint(api: Api) -> None:
    spec = api.http.get("/api/openapi.json").get_json()
    rules = {
        (method.lower(), re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", rule.rule))
        for rule in api.http.application.url_map.iter_rules()
        if rule.rule.startswith(("/api/v1/", "/webhooks/partners/")) and not rule.endpoint.startswith("live.")
        for method in rule.methods - {"OPTIONS", "HEAD"}
    }
    described = {(method, path) for path, item in spec["paths"].items() for method in item}
    assert {(method, path) for method, path in described if method != "parameters"} == rules
    assert spec["openapi"].startswith("3.")


def test_no_public_reply_holds_what_a_donor_did_not_publish(api: Api, world: World) -> None:
    donor = Donor(name="隐名人", email="hidden@example.org", phone="+8613800138099")
    donation = world.pay(world.give(100_00, donor=donor, message="只给村里看"))
    paths = ("", "/day", "/day/projects", "/day/totals", *(f"/day/standings?by={by}" for by in ("county", "team")))
    replies = [api.get(f"/campaigns{path}") for path in paths]
    assert [reply.status_code for reply in replies] == [200] * len(paths)
    text = " ".join(json.dumps(reply.get_json(), ensure_ascii=False) for reply in replies)
    private = (donor.name, donor.email, "13800138099", "只给村里看", str(donation.id))
    assert [value for value in private if str(value) in text] == []


def test_each_schema_of_the_description_has_a_name_of_its_own(app: Flask) -> None:
    with app.test_request_context(), warnings.catch_warnings():
        warnings.filterwarnings("error", "Multiple schemas resolved to the name", UserWarning)
        schemas = app.extensions["api"].describe()["components"]["schemas"]
    assert len(schemas) > 250


def test_the_reference_page_needs_no_other_host(api: Api) -> None:
    page = api.http.get("/api/docs")
    assert page.status_code == 200
    assert "/api/v1/donations/{donation_id}/keep-alive" in page.text
    assert "<script" not in page.text
    assert "//" not in page.text.replace("http://localhost", "")
    style = re.search(r'href="(/static/api-docs[^"]*)"', page.text)
    assert style and api.http.get(style[1]).content_type.startswith("text/css")


@pytest.mark.parametrize("path", ["/api/v1/campaigns", "/api/docs", "/healthz"])
def test_every_answer_has_the_headers_that_protect_it(api: Api, path: str) -> None:
    response = api.http.get(path, headers={"X-Request-ID": "req-42"})
    assert response.headers["X-Request-ID"] == "req-42"
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    strange = api.http.get(path, headers={"X-Request-ID": 'a b"<>' * 50})
    assert len(strange.headers["X-Request-ID"]) == 32
