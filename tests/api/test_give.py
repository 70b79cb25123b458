"""Giving through the API, as its contract says."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import jsonschema_rs
import pytest

from app.api.donations.donation_schemas import DonationOut, MatchOut, MatchPartOut, PaymentOut
from tests.api.client import Api, application, problem
from tests.offline import offline_gateway
from tests.payments.servers import Server
from tests.world import World


def later(world: World, **delta: int) -> str:
    return (world.clock.at + timedelta(**delta)).isoformat()


def test_a_donation_is_stored_matched_and_can_be_paid(api: Api, world: World) -> None:
    pot = world.pot(1_000_00)
    donation = api.give(100_00, donor={"name": "王芳", "email": "wang@example.org"}, message="加油")
    assert donation["status"] == "paying"
    assert donation["amount_minor"] == 100_00
    assert donation["currency"] == "CNY"
    assert donation["match"]["reserved_minor"] == 100_00
    assert donation["match"]["captured_minor"] == 0
    assert [(part["pot"], part["amount_minor"]) for part in donation["match"]["parts"]] == [(pot, 100_00)]
    assert donation["match"]["until"] == later(world, minutes=15)
    payment = donation["payment"]
    assert payment["provider"] == "stripe"
    assert payment["reference"].startswith("cs_")
    assert payment["url"].startswith("http://127.0.0.1")
    assert "client_secret" not in payment
    assert world.totals().donations == 0  # nobody has paid
    world.check()


@pytest.mark.parametrize("flow", ["redirect", "intent"])
def test_the_answer_is_what_its_description_says(api: Api, world: World, flow: str) -> None:
    """It is written without the schema (`app/api/donations/donation_answer.py`), so that the two could part."""
    world.pot(1_000_00)
    answered = api.give(100_00, payment_flow=flow)
    rules = {
        "$ref": "#/components/schemas/DonationOut",
        "components": api.http.get("/api/openapi.json").get_json()["components"],
    }
    jsonschema_rs.validator_for(rules).validate(answered)
    assert set(answered) == set(DonationOut._declared_fields)
    assert set(answered["match"]) == set(MatchOut._declared_fields)
    assert set(answered["match"]["parts"][0]) == set(MatchPartOut._declared_fields)
    assert set(answered["payment"]) <= set(PaymentOut._declared_fields)


@pytest.mark.parametrize(
    ("language", "spoken"),
    [(None, "zh"), ("en-GB,en;q=0.9,zh;q=0.5", "en"), ("zh-CN,en;q=0.5", "zh"), ("fr", "zh")],
)
def test_the_cashier_speaks_the_language_that_was_asked_for(
    api: Api, cashier: Server, language: str | None, spoken: str
) -> None:
    headers = {"Accept-Language": language} if language else {}
    response = api.http.post("/api/v1/donations", json=api.command(accept_unmatched=True), headers=headers)
    session = cashier.get(f"/v1/checkout/sessions/{response.get_json()['payment']['reference']}").json()
    assert session["locale"] == spoken


def test_an_intent_is_for_clients_with_a_form_of_their_own(api: Api) -> None:
    payment = api.give(accept_unmatched=True, payment_flow="intent")["payment"]
    assert payment["reference"].startswith("pi_")
    assert payment["client_secret"]
    assert "url" not in payment


def test_the_same_request_again_is_the_same_donation(api: Api, world: World) -> None:
    world.pot(1_000_00)
    body = api.command()
    first, second = api.post("/donations", body), api.post("/donations", body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.get_json() == second.get_json()
    assert next(iter(world.pots().values())).reserved_minor == 100_00


def test_another_body_under_the_same_id_is_refused(api: Api, world: World) -> None:
    world.pot(1_000_00)
    body = api.command()
    api.post("/donations", body)
    problem(api.post("/donations", body | {"amount_minor": 200_00}), 409, "donation_id_reused")
    assert next(iter(world.pots().values())).reserved_minor == 100_00


def test_short_match_is_refused_per_pot_and_nothing_is_reserved(api: Api, world: World) -> None:
    pot = world.pot(30_00)
    body = api.command(100_00)
    refusal = problem(api.post("/donations", body), 409, "match_short")
    assert refusal["pots"] == [{"pot": pot, "available_minor": 30_00, "would_give_minor": 30_00}]
    assert world.pots()[pot].reserved_minor == 0
    again = api.post("/donations", body | {"accept_unmatched": True})
    assert again.status_code == 201
    assert again.get_json()["match"]["reserved_minor"] == 30_00


def test_refusals_name_the_field(api: Api) -> None:
    assert "amount_minor" in problem(api.post("/donations", api.command(1)), 422, "amount_invalid")["errors"]
    assert "amount_minor" in problem(api.post("/donations", api.command(10**15)), 422, "amount_invalid")["errors"]
    command = api.command(donor={"email": "nobody"})
    assert "donor.email" in problem(api.post("/donations", command), 422, "donor_invalid")["errors"]
    problem(api.post("/donations", api.command(campaign="other")), 404, "campaign_unknown")
    problem(api.post("/donations", api.command(project=2**62)), 404, "project_unknown")


def test_after_the_end_nothing_is_accepted(api: Api, world: World) -> None:
    world.clock.advance(hours=8)
    refusal = problem(api.post("/donations", api.command()), 409, "campaign_not_open")
    assert refusal["ends_at"] == later(world)


def test_the_token_opens_this_donation_only(api: Api) -> None:
    mine, other = api.give(accept_unmatched=True), api.give(accept_unmatched=True)
    path = f"/donations/{mine['id']}"
    assert api.get(path, mine["token"]).get_json()["id"] == mine["id"]
    for verb in ("", "/explanation"):
        problem(api.get(path + verb), 401, "token_missing")
        problem(api.get(path + verb, other["token"]), 401, "token_invalid")
    for verb in ("keep-alive", "accept-unmatched", "cancel"):
        problem(api.post(f"{path}/{verb}"), 401, "token_missing")
        problem(api.post(f"{path}/{verb}", token=other["token"]), 401, "token_invalid")
    problem(api.get(f"/donations/{uuid4()}", mine["token"]), 401, "token_invalid")
    assert api.get(path, mine["token"]).get_json()["status"] == "paying"


def test_paid_and_explained(api: Api, world: World) -> None:
    pot = world.pot(1_000_00)
    donation = api.give()
    world.pay(UUID(donation["id"]))
    now = api.get(f"/donations/{donation['id']}", donation["token"]).get_json()
    assert (now["status"], now["match"]["captured_minor"], now["match"]["until"]) == ("paid", 100_00, None)
    assert "url" not in now["payment"]
    story = api.get(f"/donations/{donation['id']}/explanation", donation["token"]).get_json()
    assert [step["to_status"] for step in story["history"]] == ["pending", "paying", "paid"]
    line = story["decisions"][0]["pots"][0]
    assert (line["pot_id"], line["given_minor"], line["before_minor"]) == (pot, 100_00, 1_000_00)
    world.check()


def test_an_open_page_holds_the_match_longer_and_cancelling_frees_it(api: Api, world: World) -> None:
    pot = world.pot(1_000_00)
    donation = api.give()
    world.clock.advance(minutes=10)
    path = f"/donations/{donation['id']}"
    held = api.post(f"{path}/keep-alive", token=donation["token"])
    assert held.get_json() == {"until": later(world, minutes=15)}
    for _ in range(2):
        cancelled = api.post(f"{path}/cancel", token=donation["token"])
        assert (cancelled.status_code, cancelled.get_json()["status"]) == (200, "cancelled")
    assert world.pots()[pot].available_minor == 1_000_00
    problem(api.post(f"{path}/keep-alive", token=donation["token"]), 409, "promise_lapsed")
    problem(api.post(f"{path}/accept-unmatched", token=donation["token"]), 409, "promise_lapsed")


def test_a_donor_may_accept_less_match_later(api: Api, world: World) -> None:
    world.pot(1_000_00)
    body = api.command()
    donation = api.post("/donations", body).get_json()
    for _ in range(2):
        now = api.post(f"/donations/{donation['id']}/accept-unmatched", token=donation["token"])
        assert now.get_json()["accept_unmatched"] is True
    assert api.post("/donations", body).status_code == 200  # still the same request


def test_a_provider_that_is_down_leaves_a_donation_that_can_be_sent_again(
    world: World, database_url: str, api: Api
) -> None:
    world.pot(1_000_00)
    down = Api(application(database_url, replace(world.deps, gateway=offline_gateway())).test_client(), world)
    body = api.command()
    response = down.post("/donations", body)
    problem(response, 503, "payment_unavailable")
    assert response.headers["Retry-After"]
    assert next(iter(world.pots().values())).reserved_minor == 100_00
    again = api.post("/donations", body)
    assert (again.status_code, again.get_json()["status"]) == (200, "paying")
    assert next(iter(world.pots().values())).reserved_minor == 100_00


def test_channels_are_kept(api: Api, world: World) -> None:
    plain = api.give(accept_unmatched=True)
    live = api.give(accept_unmatched=True, channel={"kind": "livestream", "code": "host-7"})
    assert (plain["channel"], live["channel"]) == ("api", "livestream")


@pytest.mark.parametrize("kind", ["partner", "offline", "monthly", "consumption", "behaviour"])
def test_a_stranger_names_no_channel_of_ours(api: Api, world: World, kind: str) -> None:
    command = api.command(channel={"kind": kind})
    assert "channel.kind" in problem(api.post("/donations", command), 422, "validation_failed")["errors"]
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM donation")) == 0


def test_a_refund_is_asked_for_once_and_sent_to_the_provider(api: Api, world: World) -> None:
    donation = api.give(accept_unmatched=True)
    path = f"/donations/{donation['id']}/refunds"
    problem(api.post(path, {"reason": "double"}, api.token("finance")), 409, "not_refundable")
    world.pay(UUID(donation["id"]))
    response = api.post(path, {"amount_minor": 40_00, "reason": "double"}, api.token("finance"))
    assert (response.status_code, (made := response.get_json())["state"]) == (201, "requested")
    refusal = problem(api.post(path, {"amount_minor": 60_01, "reason": "x"}, api.token()), 409, "refund_exceeds")
    assert refusal["left_minor"] == 60_00
    world.do(lambda tx: tx.run("UPDATE refund SET state = 'succeeded'"))
    assert api.get(path, api.token("auditor")).get_json() == [made | {"state": "succeeded"}]
    problem(api.get(path, donation["token"]), 401, "token_invalid")
    problem(api.get(f"/donations/{uuid4()}/refunds", api.token()), 404, "donation_unknown")
    problem(api.post(path, {"reason": "x"}, api.token("auditor")), 403, "not_permitted")
    problem(api.post(path, {"reason": "x"}), 401, "token_missing")
    problem(api.post(path, {"reason": "x"}, "bs_wrong"), 401, "token_invalid")


def test_managers_see_a_donation_but_not_what_opens_it(api: Api) -> None:
    donation = api.give(accept_unmatched=True)
    seen = api.get(f"/donations/{donation['id']}", api.token("auditor")).get_json()
    assert (seen["id"], seen["amount_minor"]) == (donation["id"], 100_00)
    assert not {"token", "payment"} & set(seen)
    assert api.get(f"/donations/{donation['id']}/explanation", api.token("auditor")).status_code == 200
    problem(api.get(f"/donations/{uuid4()}", api.token("auditor")), 404, "donation_unknown")
    problem(api.post(f"/donations/{donation['id']}/cancel", token=api.token()), 401, "token_invalid")
    problem(api.get(f"/donations/{donation['id']}", "bs_nobody"), 401, "token_invalid")
