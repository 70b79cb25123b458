"""One reader of text (C16): what is one line on pages and in files stays one, whichever door it comes through."""

import json

import pytest

from kernel.text import is_storable, one_line
from payments.partners import partner_events
from tests.api.client import Api, application
from tests.cashier import clock, world
from tests.webhooks.test_stripe import send
from tests.world import VILLAGES, World

__all__ = ["clock", "world"]

# What Unicode calls a space but no break (\x0b, \x1f, \x85) becomes a space.
BREAKS = ("\t", "\n", "\r", "\r\n", "\x01", "\x7f", "\x9b", "\x00", "\ud800", "\u202e")


@pytest.fixture
def api(world: World, database_url: str) -> Api:
    return Api(application(database_url, world.deps).test_client(), world)


@pytest.mark.parametrize("text", [f"a{broken}=1+1" for broken in BREAKS], ids=ascii)
def test_c16_no_line_of_a_file_or_page_is_broken_by_a_name_of_the_api(api: Api, world: World, text: str) -> None:
    fund = api.manage("/funds", {"name": "基金", "kind": "special"})["id"]
    opens, ends = world.clock.at.isoformat(), world.clock.at.replace(year=world.clock.at.year + 1).isoformat()
    project = {"organisation": VILLAGES[1], "tier": "micro", "summary": "x", "target_minor": 1, "currency": "CNY"}
    pot = {"campaign": world.slug, "fund": fund, "rank": 9, "rules": {"ratio_bps": 1}, "tranches": []}
    bodies = [
        ("/donations", api.command(team=text)),
        ("/donations", api.command(channel={"kind": "video", "code": text})),
        ("/donations", api.command(donor={"name": text, "publish_name": True})),
        ("/funds", {"name": text, "kind": "special"}),
        (f"/funds/{fund}/deposits", {"amount_minor": 1, "currency": "CNY", "reference": text}),
        ("/projects", project | {"name": text}),
        ("/projects", project | {"name": "x", "code": text}),
        ("/campaigns", {"slug": "x", "name": text, "host": "41", "opens_at": opens, "ends_at": ends}),
        ("/pots", pot | {"name": text}),
        ("/partners", {"name": "x", "title": text}),
        ("/tokens", {"name": text, "role": "auditor"}),
        ("/users", {"login": text, "role": "auditor"}),
        ("/users", {"login": "x", "name": text, "role": "auditor"}),
        ("/invitations", {"name": text, "role": "auditor"}),
    ]
    accepted = []
    for path, body in bodies:
        response = api.post(path, body, None if path == "/donations" else api.token())
        assert response.status_code < 500
        if response.status_code != 422:
            accepted.append((path, response.status_code, sorted(body)))
    assert not accepted, accepted


@pytest.mark.parametrize("broken", BREAKS, ids=ascii)
def test_c16_no_line_is_broken_by_the_id_of_a_platforms_donation(world: World, broken: str) -> None:
    """The id is in lists, files and what we send back."""
    paid_at = world.clock.at.isoformat()
    data = {"donation_id": f"order{broken}1", "project_code": "p", "amount_minor": 1_00, "currency": "CNY"}
    data |= {"paid_at": paid_at, "donor": {"key": "k"}}
    event = {"type": "donation.paid", "id": "e-1", "occurred_at": paid_at, "data": data}
    assert partner_events.faults(event)
    whole = event | {"data": data | {"donation_id": "order-1"}}
    assert partner_events.faults(whole) == {}
    for type_ in partner_events.KINDS:
        assert partner_events.faults(whole | {"type": type_, "id": f"e{broken}1"}), type_


@pytest.mark.parametrize("broken", BREAKS, ids=ascii)
def test_c16_the_name_of_a_file_is_one_line(broken: str) -> None:
    assert one_line(f"a{broken}=1.csv").split() in (["a", "=1.csv"], ["a=1.csv"])
    assert is_storable(one_line(f"a{broken}"))


@pytest.mark.parametrize("event_id", ["evt\n1", "evt\x00", "evt\u202e1", "evt\ud800"], ids=ascii)
def test_c16_an_event_of_the_provider_has_an_id_of_one_line(api: Api, event_id: str) -> None:
    body = json.dumps({"id": event_id, "type": "ping", "data": {}}).encode()
    assert send(api.http, body).status_code == 400
