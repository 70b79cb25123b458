"""Sources of a campaign: the link, the first click, the gift by page and by platform, the figures."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from campaigns.analytics import sources
from campaigns.analytics.kept import count_due
from campaigns.disclosure.sources import figures_of_sources
from campaigns.donations.models import Donation
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.source_clicks import clicks_of
from campaigns.lifecycle.sources import add_source
from campaigns.network.people import create_manager
from campaigns.network.tokens import create_token
from kernel.ids import donation_id_of
from tests.api.client import problem
from tests.partners.engineer import NAME, Engineer
from tests.web.reader import PASSWORD, Reader
from tests.world import World


def bearer(world: World) -> dict[str, str]:
    token = world.do(create_token, "admin", "test")
    return {"Authorization": f"Bearer {token}"}


def test_from_the_first_click_to_the_figures(app: Flask, engineer: Engineer, world: World) -> None:
    world.pot(1_000_00)
    world.do(create_manager, "staff", PASSWORD, "admin", "test")
    staff = Reader(app.test_client(), world)
    staff.sign_in("staff")
    where = f"/console/campaigns/{world.slug}/sources"
    for title, kind in (("主播甲", "livestream"), ("地铁海报", "poster")):
        staff.open(where)
        staff.send(where, title=title, kind=kind)
    http = app.test_client()
    rows = http.get(f"/api/v1/campaigns/{world.slug}/sources", headers=bearer(world)).get_json()
    codes = {row["title"]: row["code"] for row in rows}

    donor = Reader(app.test_client(), world)
    assert donor.http.get(f"/s/{codes['主播甲']}").headers["Location"].endswith(f"/c/{world.slug}")
    donor.http.get(f"/s/{codes['地铁海报'].upper()}")  # later: the first one counts
    form = donor.open(donor.form_page)
    assert codes["主播甲"] in form and codes["地铁海报"] not in form
    donation = world.give(40_00, channel="livestream", source_code=codes["主播甲"])
    world.pay(donation)
    engineer.send(engineer.paid(1, channel={"kind": "livestream", "code": codes["主播甲"]}))
    world.settle()
    assert world.do(lambda tx: tx.get(Donation, donation_id_of(NAME, "T-1"))).channel == "partner"

    donor.http.head(f"/s/{codes['主播甲']}")  # a preview, not a click
    app.test_client().get(f"/s/{codes['主播甲']}")
    rows = http.get(f"/api/v1/campaigns/{world.slug}/sources", headers=bearer(world)).get_json()
    first = rows[0]
    assert [(row["title"], row["clicks"], row["firsts"]) for row in rows] == [("主播甲", 2, 2), ("地铁海报", 1, 0)]
    assert (first["title"], first["donations"], first["raised_minor"]) == ("主播甲", 2, 65_00)
    assert first["matched_minor"] == world.totals().matched_minor
    assert (rows[1]["donations"], rows[1]["raised_minor"]) == (0, 0)
    page = staff.open(where)
    assert "65.00" in page and f"/s/{codes['主播甲']}</a>" in page
    drawing = staff.http.get(f"{where}/{codes['主播甲']}/qr.svg")
    assert (drawing.status_code, drawing.mimetype) == (200, "image/svg+xml")
    lines = staff.http.get(f"{where}.csv").text.splitlines()
    assert "主播甲" in lines[1] and "65.00" in lines[1] and lines[2].startswith("地铁海报")
    assert staff.http.get(f"{where}.xlsx").data[:2] == b"PK"
    poster = staff.http.get(f"{where}/{codes['主播甲']}/poster.png")
    assert (poster.status_code, poster.data[:4]) == (200, b"\x89PNG")


def test_codes_of_a_platform_have_figures_of_their_own(app: Flask, engineer: Engineer, world: World) -> None:
    world.pot(1_000_00)
    code = world.do(add_source, world.slug, "livestream", "主播甲", None, "test").code
    engineer.send(
        engineer.paid(1, channel={"kind": "livestream", "code": code.upper()}),
        engineer.paid(2, channel={"kind": "livestream", "code": "host-7"}),
        engineer.paid(3, channel={"kind": "livestream", "code": "host-7"}),
        engineer.paid(4, channel={"kind": "poster", "code": "metro"}),
        engineer.refunded(3, 5_00),
        engineer.refunded(4, 25_00),
    )
    world.settle()
    http, api = app.test_client(), f"/api/v1/campaigns/{world.slug}"
    ours = http.get(f"{api}/sources", headers=bearer(world)).get_json()
    assert [(row["code"], row["donations"], row["raised_minor"]) for row in ours] == [(code, 1, 25_00)]
    theirs = http.get(f"{api}/platform-sources", headers=bearer(world)).get_json()
    host = {"platform": NAME, "kind": "livestream", "code": "host-7", "donations": 2}
    assert theirs == [host | {"donors": theirs[0]["donors"], "raised_minor": 45_00, "matched_minor": 45_00}]

    world.do(create_manager, "staff", PASSWORD, "admin", "test")
    staff = Reader(app.test_client(), world)
    staff.sign_in("staff")
    page = staff.open(f"/console/campaigns/{world.slug}/sources")
    assert "host-7" in page and "metro" not in page, "a gift that went back whole counts nowhere"
    lines = staff.http.get(f"/console/campaigns/{world.slug}/sources.csv").text.splitlines()
    assert [line.split(",")[2] for line in lines[1:]] == [code, "host-7"]


def test_sources_of_a_large_campaign_are_as_old_as_its_last_count(
    app: Flask, engineer: Engineer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.pot(1_000_00)
    code = world.do(add_source, world.slug, "livestream", "主播甲", None, "test").code
    for number, named in enumerate((code, "host-7", "host-7")):
        engineer.send(engineer.paid(number, channel={"kind": "livestream", "code": named}))
    world.settle()
    campaign = world.do(find_campaign, world.slug)
    now = world.do(figures_of_sources, campaign)
    assert now.counted_at is None
    monkeypatch.setattr(sources, "LARGE", 3)
    count_due(world.deps)
    kept = world.do(figures_of_sources, campaign)
    assert kept.counted_at == world.clock.at
    assert (kept.registered, kept.of_platforms) == (now.registered, now.of_platforms)

    engineer.send(engineer.paid(9, channel={"kind": "livestream", "code": "host-7"}))
    world.settle()
    assert world.do(figures_of_sources, campaign) == kept
    world.clock.advance(minutes=1)
    count_due(world.deps)
    assert [row.donations for row in world.do(figures_of_sources, campaign).of_platforms] == [3]
    world.do(create_manager, "staff", PASSWORD, "admin", "test")
    staff = Reader(app.test_client(), world)
    staff.sign_in("staff")
    assert "笔数、人数和金额截至" in staff.open(f"/console/campaigns/{world.slug}/sources")


def test_an_unknown_source_link_is_not_found(app: Flask, world: World) -> None:
    http = app.test_client()
    assert http.get("/s/nobody2").status_code == 404
    assert http.get("/s/%00").status_code in (400, 404)
    body = {"kind": "newspaper", "title": "x"}
    problem(
        http.post(f"/api/v1/campaigns/{world.slug}/sources", json=body, headers=bearer(world)),
        422,
        "validation_failed",
    )


def test_clicks_of_one_moment_are_all_counted(app: Flask, world: World) -> None:
    row = world.do(add_source, world.slug, "livestream", "主播", None, "test")

    def click(_number: int) -> int:
        return app.test_client().get(f"/s/{row.code}").status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(click, range(40))) == {303}
    assert world.do(clicks_of, [row.id]) == {row.id: (40, 40)}


def test_subscriptions_in_the_console(app: Flask, engineer: Engineer, world: World) -> None:
    world.do(create_manager, "staff", PASSWORD, "admin", "test")
    staff = Reader(app.test_client(), world)
    staff.sign_in("staff")
    page = f"/console/partners/{NAME}/deliveries"
    staff.open(page)
    refused = staff.send("/subscriptions", 422, url="https://platform.example/hook", types=[])
    assert "platform.example" in refused, "what was typed stays"
    shown = staff.send("/subscriptions", url="https://platform.example/hook", types=["donation.matched"])
    assert "whsec_" in shown and "whsec_" not in staff.open(page)
    engineer.send(engineer.paid(1))
    world.settle()
    assert "evt_" in staff.open(page)
    assert "platform.example" not in staff.send("/end").split("<tbody>")[0]


def test_subscriptions_by_api(app: Flask, engineer: Engineer, world: World) -> None:
    http, headers = app.test_client(), bearer(world)
    path = f"/api/v1/partners/{NAME}/subscriptions"
    body = {"url": "https://platform.example/hook", "types": ["donation.matched"]}
    made = http.post(path, json=body, headers=headers)
    assert made.status_code == 201 and made.get_json()["secret"].startswith("whsec_")
    assert "secret" not in http.get(path, headers=headers).get_json()[0]
    problem(http.post(path, json=body | {"types": ["x"]}, headers=headers), 422, "subscription_invalid")
    engineer.send(engineer.paid(1))
    world.settle()
    rows = http.get(f"/api/v1/partners/{NAME}/deliveries", headers=headers).get_json()
    assert [(row["type"], row["state"]) for row in rows] == [("donation.matched", "due")]
    again = http.post(f"/api/v1/partners/{NAME}/deliveries/{rows[0]['id']}/send-again", headers=headers)
    assert again.get_json()["state"] == "due"
    ended = http.post(f"{path}/{made.get_json()['id']}/end", headers=headers)
    assert ended.get_json()["ended_at"]
