"""What the door refuses, and how: every code is described, and bills are judged by their bytes and days."""

import gzip
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from campaigns.closing.reconciliation.import_statement import AHEAD_MOST
from tests.api.client import problem
from tests.partners.engineer import Engineer, bill
from tests.world import World


@pytest.mark.parametrize(
    "packed",
    [
        lambda text: text.encode("gb18030"),
        lambda text: text.encode("utf-16"),
        lambda text: gzip.compress(text.encode()),
    ],
)
def test_a_bill_in_any_encoding_is_signed_over_its_bytes(
    engineer: Engineer, tester: Engineer, world: World, packed: Callable[[str], bytes]
) -> None:
    at = world.clock.at.isoformat()
    text = f"流水号,类型,捐赠编号,金额(分),手续费(分),币种,时间,备注\nL-1,收款,T-1,2500,0,CNY,{at},谢谢𠮷庆\n"
    for asking in (engineer, tester):
        asking.send(asking.paid(1))
        shown = asking.call("/bill", packed(text)).get_json()
        assert (shown["rows"], shown["fault_count"]) == (1, 0)
    engineer.secret = "whsec_" + "A" * 32
    problem(engineer.call("/bill", packed(text)), 401, "signature_invalid")


def test_a_line_of_a_year_that_was_mistyped_is_refused(engineer: Engineer, world: World) -> None:
    at = (world.clock.at + AHEAD_MOST + timedelta(seconds=1)).isoformat()
    shown = engineer.call("/bill?confirm=1", bill(("L-1", "charge", "T-1", 25_00, 0), at=at)).get_json()
    [refused] = shown["faults"]
    assert (refused["line"], refused["field"], refused["code"]) == (2, "occurred_at", "in_the_future")
    assert shown["imported"] is False


ODD_CALLS: list[tuple[str, Any, int, str]] = [
    ("/events?state=x", None, 422, "parameters_invalid"),
    ("/events?since=x", None, 422, "parameters_invalid"),
    ("/events?after=-1", None, 422, "parameters_invalid"),
    ("/events/none", None, 404, "event_unknown"),
    ("/donations/none", None, 404, "donation_unknown"),
    ("/summary?day=2026-13-01", None, 422, "parameters_invalid"),
    ("/projects?page=0", None, 422, "parameters_invalid"),
    ("/projects?updated_since=x", None, 422, "parameters_invalid"),
    (f"/projects?page={'9' * 5_000}", None, 422, "parameters_invalid"),
    (f"/events?after={'9' * 5_000}", None, 422, "parameters_invalid"),
    ("/bill", b"", 422, "file_missing"),
    ("/bill", b"a,b\n1,2\n", 422, "import_invalid"),
    ("/bill", b"{", 400, "body_invalid"),
    ("/bill", {"empty": 5}, 422, "parameters_invalid"),
    ("/bill", {"empty": "2026-W37-2"}, 422, "parameters_invalid"),
    ("/bill", {"empty": None}, 422, "parameters_invalid"),
    ("/bill", {"empty": "2099-01-01"}, 422, "day_invalid"),
    ("/bill", b"0" * (9 << 20), 413, "body_too_large"),
    ("/secret", b"x", 400, "body_invalid"),
    ("/secret", {}, 422, "partner_invalid"),
    ("/secret", {"rotate": True, "old_valid_until": 5}, 422, "partner_invalid"),
    ("/sums/answer", {"answer": "confirmed"}, 422, "sums_answer_invalid"),
    ("/sums/answer", {"campaign": "none", "answer": "confirmed"}, 404, "sums_unknown"),
    ("", b"[]", 422, "event_invalid"),
    ("", b"x", 400, "body_invalid"),
    ("", {"events": [{}] * 1_001}, 422, "batch_too_large"),
]


def test_every_refusal_of_the_door_is_described(engineer: Engineer) -> None:
    paths = engineer.http.get("/api/openapi.json").get_json()["paths"]
    for path, body, status, code in [*ODD_CALLS, ("/secret", {"rotate": True}, 201, ""), *SECRETS_FULL]:
        response = engineer.call(path, body)
        assert response.status_code == status, (path, response.text)
        if status >= 400:
            assert response.get_json()["code"] == code, path
            address = path.partition("?")[0].replace("s/none", "s/{}")
            known = {re.sub("{(event|their)_id}", "{}", name): own for name, own in paths.items()}
            operation = known[f"/webhooks/partners/{{name}}{address}"]["get" if body is None else "post"]
            assert f"`{code}`" in operation["responses"][str(status)]["description"], path


def test_what_every_address_may_refuse_is_described(engineer: Engineer) -> None:
    paths = engineer.http.get("/api/openapi.json").get_json()["paths"]
    door = {address: operations for address, operations in paths.items() if "/webhooks/partners/" in address}
    assert len(door) == 12
    for address, operations in door.items():
        for method in operations.keys() & {"get", "post"}:
            path = re.sub("{.*?}", "x", address.removeprefix("/webhooks/partners/{name}"))
            code = engineer.call(f"{path}?a=1&a=2", {} if method == "post" else None).get_json()["code"]
            described = operations[method]["responses"]
            assert code == "parameters_invalid" and f"`{code}`" in described["422"]["description"], address
            assert {"400", "401", "414", "422", "431", "503"} <= described.keys(), address


SECRETS_FULL: list[tuple[str, Any, int, str]] = [("/secret", {"rotate": True}, 409, "partner_secrets_full")]


def test_a_refusal_names_what_the_engineer_sent(engineer: Engineer, tester: Engineer) -> None:
    for sender in (engineer, tester):
        for day, code in (("soon", "not_a_date"), ("2026-09-09", "in_the_future")):
            refused = sender.call("/bill", {"empty": day}).get_json()
            assert refused["fields"] == {"empty": {"code": code}}, "in test mode as in real"
        assert sender.call("/bill", b"").get_json()["fields"] == {"body": {"code": "required"}}
        for body, code in (({}, "required"), ({"rotate": "yes"}, "not_one_of")):
            assert sender.call("/secret", body).get_json()["fields"]["rotate"]["code"] == code


def test_a_timestamp_in_milliseconds_is_named(engineer: Engineer) -> None:
    milliseconds = str(int(time.time() * 1000))
    response = engineer.call("", {"type": "ping"}, webhook_timestamp=milliseconds)
    problem(response, 401, "timestamp_out_of_tolerance")


def test_a_parameter_that_occurs_twice_is_refused(engineer: Engineer, world: World) -> None:
    bad = engineer.paid(2) | {"id": ""}
    refused = problem(
        engineer.call("?partial=1&partial=0", {"events": [engineer.paid(1), bad]}), 422, "parameters_invalid"
    )
    assert refused["fields"] == {"partial": {"code": "given_twice"}}
    problem(engineer.call("/events?state=waiting&state=done"), 422, "parameters_invalid")
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM inbox_event")) == 0
