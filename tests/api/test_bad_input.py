"""Whatever strangers send, the answer is a clear refusal and nothing has changed; never our fault."""

import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.api.client import Api, problem

NASTY = ["\x00", "\ud800", "a\x00b", "x" * 5_000, "", "👩‍👩‍👧", "'; DROP TABLE donation; --", "\u202e"]
FIELDS = [
    *("id", "campaign", "project", "amount_minor", "currency", "donor", "message", "team", "channel"),
    *("accept_unmatched", "payment_flow", "unknown", "\x00", "\ud800"),
]
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(10**30, 10**40),
    st.floats(allow_nan=False),
    st.sampled_from(NASTY),
    st.text(max_size=20),
    st.just("CNY"),
)
junk = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(["name", "email", "phone", "kind", "code"]), st.text()), inner),
    ),
    max_leaves=8,
)


def books(api: Api) -> tuple[int, ...]:
    """How much there is of everything that a request could have changed."""
    tables = ("donation", "donation_contact", "reservation", "ledger_transfer", "inbox_event", "audit_entry")
    return tuple(
        api.world.do(lambda tx, table=table: tx.scalar(f"SELECT count(*) FROM {table}")) for table in tables
    )


RELAXED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)


@RELAXED
@given(changes=st.dictionaries(st.sampled_from(FIELDS), junk, min_size=1, max_size=3))
@example(changes={"amount_minor": True})
@example(changes={"amount_minor": 100.0})
@example(changes={"amount_minor": "100"})
@example(changes={"amount_minor": 2**63})
@example(changes={"project": 2**63})
@example(changes={"project": -1})
@example(changes={"message": "\x00"})
@example(changes={"message": "\ud800"})
@example(changes={"donor": {"name": "\ud800"}})
@example(changes={"donor": {"phone": "\x00"}})
@example(changes={"\ud800": 1})
@example(changes={"channel": {"kind": "web", "code": "\x00"}})
@example(changes={"campaign": "\x00"})
def test_junk_in_a_donation_is_refused(api: Api, changes: dict[str, Any]) -> None:
    # A campaign that does not exist: what happens to be well-formed is refused too, so every answer is a refusal.
    body = {"id": str(uuid4()), "campaign": "none", "project": 1, "amount_minor": 100_00, "currency": "CNY"}
    before = books(api)
    response = api.post("/donations", body | changes)
    assert 400 <= response.status_code < 500, (changes, response.text)
    problem(response, response.status_code, response.get_json()["code"])
    assert books(api) == before


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"nul",
        b"\xff\xfe{}",
        b'{"id": "\xc3"}',
        b'{"amount_minor": NaN}',
        b'{"amount_minor": ' + b"9" * 5_000 + b"}",
        b'{"amount_minor": 1, "amount_minor": 2}',
        b'{"donor": {"name": "a", "name": "b"}}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
)
def test_a_body_that_is_not_json_is_a_400(api: Api, raw: bytes) -> None:
    response = api.http.post("/api/v1/donations", data=raw, content_type="application/json")
    problem(response, 400, "body_invalid")


@pytest.mark.parametrize("raw", [b"[]", b"1", b'"text"', b"null", b"[[[]]]"])
def test_json_that_is_no_object_is_a_422(api: Api, raw: bytes) -> None:
    response = api.http.post("/api/v1/donations", data=raw, content_type="application/json")
    assert problem(response, 422, "validation_failed")["errors"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"])
def test_another_media_type_is_a_415(api: Api, kind: str) -> None:
    response = api.http.post("/api/v1/donations", data=json.dumps(api.command()), content_type=kind)
    problem(response, 415, "media_type_unsupported")


def test_a_body_that_is_too_large_is_a_413(api: Api) -> None:
    response = api.http.post("/api/v1/donations", data=b" " * (1 << 20) + b"{}", content_type="application/json")
    problem(response, 413, "body_too_large")


def test_fields_are_named_with_dots(api: Api) -> None:
    body = api.command(donor={"name": 5, "shoe_size": 43}, colour="red", amount_minor="100")
    errors = problem(api.post("/donations", body), 422, "validation_failed")["errors"]
    assert set(errors) == {"donor.name", "donor.shoe_size", "colour", "amount_minor"}


def test_missing_fields_are_named(api: Api) -> None:
    errors = problem(api.post("/donations", {}), 422, "validation_failed")["errors"]
    assert set(errors) == {"id", "campaign", "project", "amount_minor", "currency"}


@pytest.mark.parametrize(
    "path",
    [
        "/campaigns?page=0",
        "/campaigns?page=x",
        "/campaigns?page_size=101",
        "/campaigns?page=" + "9" * 5_000,
        "/campaigns?page=99999999999999999999",
        "/campaigns/day/standings?page=9223372036854775807",
        "/campaigns/day/projects?level=moon",
        "/campaigns/day/projects?sort=luck",
        "/campaigns/day/projects?page=99999999999999999999",
        "/campaigns/day/standings?by=person",
        "/campaigns/day/standings?by=county&by=village",
        "/campaigns?page=1&page=1",
        "/campaigns?unknown=1&unknown=2",
    ],
)
def test_queries_that_cannot_be_are_refused(api: Api, path: str) -> None:
    response = api.get(path)
    assert response.status_code == 422, response.text
    assert problem(response, 422, response.get_json()["code"])["errors"]


@pytest.mark.parametrize(
    "path",
    [
        *("/campaigns/%00", "/campaigns/%ed%a0%80", "/campaigns/nix/projects", "/campaigns/nix/standings"),
        *("/donations/no-uuid", "/pots/0", "/pots/-1", "/pots/99999999999999999999", "/pots/x", "/nowhere"),
        *("/campaigns/day/projects?q=%00", "/campaigns/day/projects?under=%00"),
    ],
)
def test_unknown_addresses_are_problems(api: Api, path: str) -> None:
    response = api.get(path, api.token())
    assert response.status_code in (400, 404), response.text
    problem(response, response.status_code, response.get_json()["code"])


def test_a_method_that_is_not_there_is_a_405(api: Api) -> None:
    for method in ("DELETE", "TRACE"):
        response = api.call(method, "/campaigns")
        problem(response, 405, "method_not_allowed")
        assert "GET" in response.headers["Allow"]


def test_a_token_of_one_kind_opens_nothing_of_the_other(api: Api) -> None:
    donation = api.post("/donations", api.command()).get_json()
    for verb in ("keep-alive", "accept-unmatched", "cancel"):
        problem(api.post(f"/donations/{donation['id']}/{verb}", {}, api.token()), 401, "token_invalid")
    for path in ("/funds", "/users", f"/donations/{donation['id']}/contact"):
        problem(api.get(path, donation["token"]), 401, "token_invalid")
    assert api.get(f"/donations/{donation['id']}", donation["token"]).get_json()["status"] == donation["status"]


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic abc", "Bearer \x80", "Bearer " + "x" * 10_000, "x"])
def test_senseless_tokens_are_refused(api: Api, header: str) -> None:
    for path in ("/funds", f"/donations/{uuid4()}"):
        response = api.http.get(f"/api/v1{path}", headers={"Authorization": header})
        assert response.status_code == 401, response.text
        assert response.get_json()["code"] in ("token_missing", "token_invalid")


@pytest.mark.parametrize("text", ["", " ", "\n\u3000\n"])
def test_a_comment_of_nothing_is_refused(api: Api, text: str) -> None:
    comments = f"/projects/{api.world.projects[0]}/comments"
    response = api.post(comments, {"text": text}, api.token())
    problem(response, 422, response.get_json()["code"])
    assert api.get(comments, api.token()).get_json() == []


@pytest.mark.parametrize("nearly", [1, 1.0, 0, "true", "on"])
def test_consent_is_given_by_true_alone(api: Api, nearly: Any) -> None:
    body = api.command(accept_unmatched=nearly, donor={"name": "A", "publish_name": nearly, "anonymous": nearly})
    errors = problem(api.post("/donations", body), 422, "validation_failed")["errors"]
    assert set(errors) == {"accept_unmatched", "donor.publish_name", "donor.anonymous"}


def test_blanks_around_a_text_and_the_width_of_a_reference_make_no_difference(api: Api) -> None:
    token = api.token()
    fund = api.post("/funds", {"name": " A fund ", "kind": "special"}, token).get_json()
    assert fund["name"] == "A fund"
    deposit = {"amount_minor": 500, "currency": "CNY", "reference": "R-1"}
    assert api.post(f"/funds/{fund['id']}/deposits", deposit, token).status_code == 201
    for same in ("\u3000R-1 ", "Ｒ－１"):
        again = api.post(f"/funds/{fund['id']}/deposits", deposit | {"reference": same}, token)
        assert again.status_code == 200 and again.get_json()["balance_minor"] == 500, again.text
    donation = api.post("/donations", api.command(message=" \n\u3000"))
    assert donation.get_json()["message"] == ""
