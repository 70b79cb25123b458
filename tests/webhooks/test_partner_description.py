"""What the description of the API and the manual say of the partner intake, tried on the intake itself."""

import gzip
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from flask.testing import FlaskClient

from app.i18n.inbox_texts import REASONS
from campaigns.lifecycle.drafts import create
from campaigns.lifecycle.entries import add_entry
from campaigns.lifecycle.transitions import schedule
from kernel.clock import FixedClock
from kernel.ids import donation_id_of
from kernel.money import MAX_MINOR
from tests.api.client import problem
from tests.webhooks.test_partners import NAME, event, secret, send, stored
from tests.world import ACTOR, World, new_campaign

__all__ = ["secret"]
MANUAL = (Path(__file__).parents[2] / "docs" / "partners.md").read_text()
Json = dict[str, Any]


@pytest.fixture
def description(http: FlaskClient) -> Json:
    body: Json = http.get("/api/openapi.json").get_json()
    return body


@pytest.fixture
def operation(description: Json) -> Json:
    intake: Json = description["paths"]["/webhooks/partners/{name}"]["post"]
    return intake


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime.fromisoformat("2026-09-09T12:00:00+08:00"))


def valid(description: Json, name: str, body: Any) -> bool:
    """Whether a body is as the schema of this name says."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": description["components"]}
    return bool(jsonschema_rs.is_valid(schema, body))


def examples(operation: Json) -> Json:
    body: Json = operation["requestBody"]["content"]["application/json"]["examples"]
    return {name: example["value"] for name, example in body.items()}


def test_every_example_is_taken_as_it_stands(
    http: FlaskClient, world: World, secret: str, description: Json, operation: Json
) -> None:
    counts = {}
    taken = operation["requestBody"]["content"]["application/json"]["schema"]
    taken |= {"components": description["components"]}
    assert jsonschema_rs.is_valid(taken, {"events": [{"type": "ping"}]})
    assert not jsonschema_rs.is_valid(taken, {"type": "donation.paid"})
    for name, body in examples(operation).items():
        assert jsonschema_rs.is_valid(taken, body), name
        response = send(http, secret, body)
        assert response.status_code == 202, response.text
        assert valid(description, "PartnerReceipt", response.get_json())
        counts[name] = response.get_json()
    assert [receipt["accepted"] for receipt in counts.values()] == [1, 1, 1, 0, 0]
    assert counts["batch"]["repeated"] == 2
    assert stored(world) == 3


def test_the_examples_of_the_manual_are_those_of_the_description(operation: Json) -> None:
    blocks = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", MANUAL, re.DOTALL)]
    events = [block for block in blocks if "type" in block]  # the others are answers and settings
    assert events == [examples(operation)[name] for name in ("paid", "refunded", "refund_reversed")]


def test_refusals_are_those_that_are_described(
    http: FlaskClient, secret: str, world: World, operation: Json
) -> None:
    refusals = {
        "event_invalid": send(http, secret, {"type": "donation.paid"}),
        "batch_too_large": send(http, secret, {"events": [{}] * 1_001}),
        "signature_invalid": send(http, "whsec_" + "bm9ib2R5", event(world)),
        "timestamp_out_of_tolerance": send(http, secret, event(world), at=0),
        "body_invalid": send(http, secret, b"{"),
        "parameters_invalid": http.post(f"/webhooks/partners/{NAME}?partial=1&partial=1"),
        "body_too_large": send(http, secret, b" " * ((4 << 20) + 1)),
    }
    for code, response in refusals.items():
        problem(response, response.status_code, code)
        assert code in operation["responses"][str(response.status_code)]["description"]


def test_each_body_has_a_schema_from_which_clients_are_generated(description: Json) -> None:
    bodies = {
        (address, kind): body
        for address, operations in description["paths"].items()
        for operation in operations.values()
        if isinstance(operation, dict) and "requestBody" in operation
        for kind, body in operation["requestBody"]["content"].items()
    }
    assert bodies and {place for place, body in bodies.items() if not body.get("schema")} == set()


def test_the_page_for_people_names_it(http: FlaskClient) -> None:
    page = http.get("/api/docs").text
    assert "POST /webhooks/partners/{name}" in page and "PartnerReceipt" in page


def test_the_manual_explains_every_reason_for_which_an_event_waits() -> None:
    of_accounts = {"another_account", "foreign", "live_mode", "test_mode"}
    of_payments = {"currency_differs", "donation_unknown", "payment_of_another_donation"}
    undescribed = {code for code in REASONS if f"`{code}`" not in MANUAL.split("## Test mode")[0]}
    assert undescribed <= of_accounts | of_payments


# What the manual says under "Frequent questions".


def test_the_largest_amount(http: FlaskClient, world: World, secret: str) -> None:
    assert f"{MAX_MINOR:,}" in MANUAL
    assert send(http, secret, event(world, 1, amount_minor=MAX_MINOR)).status_code == 202
    for number, amount in ((2, MAX_MINOR + 1), (3, 0), (4, -1)):
        problem(send(http, secret, event(world, number, amount_minor=amount)), 422, "event_invalid")
    world.settle()
    assert world.totals().raised_minor == 0, "it waits for a person"


def test_the_id_of_the_request_recognises_nothing(http: FlaskClient, world: World, secret: str) -> None:
    assert send(http, secret, event(world, 1), message="msg_same").get_json()["accepted"] == 1
    assert send(http, secret, event(world, 2), message="msg_same").get_json()["accepted"] == 1
    assert send(http, secret, event(world, 1), message="msg_other").get_json()["repeated"] == 1


def test_donors_without_a_name_and_without_a_key(http: FlaskClient, world: World, secret: str) -> None:
    world.pot(1_000_00, donor=30_00)
    for number in (1, 2):
        key = f"T-{number}"
        assert send(http, secret, event(world, number, donor={"key": key})).status_code == 202
    world.settle()
    assert [world.view(donation_id_of(NAME, f"T-{n}")).captured_minor for n in (1, 2)] == [25_00, 25_00]


def test_a_project_in_two_open_events_counts_for_the_later_one(
    http: FlaskClient, world: World, secret: str, clock: FixedClock
) -> None:
    later = new_campaign(clock.at, slug="later", opens_at=clock.at - timedelta(minutes=1))
    world.do(create, later, ACTOR)
    world.do(add_entry, "later", world.projects[0], ACTOR)
    world.do(schedule, "later", ACTOR)
    send(http, secret, event(world))
    world.settle()
    slug = world.do(lambda tx: tx.scalar("SELECT c.slug FROM donation d JOIN campaign c ON c.id = d.campaign_id"))
    assert slug == "later"


def test_a_compressed_body_is_refused(http: FlaskClient, world: World, secret: str) -> None:
    problem(send(http, secret, gzip.compress(json.dumps(event(world)).encode())), 400, "body_invalid")
