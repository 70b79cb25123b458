"""Money out through the API: split, accounts, plan, signatures, the bank's file, paid and returned."""

import csv
import io
from pathlib import Path
from xml.etree import ElementTree

import pytest
from lxml import etree

from campaigns.imports.work import work_off
from campaigns.network.tokens import create_token
from campaigns.payouts import plans
from campaigns.payouts.bank_file import NAMESPACE
from kernel.clock import local_day
from tests.api.approvals import LIMIT, app, ask, decide, second
from tests.api.client import Api, Json, problem
from tests.payouts.released import ACCOUNT, HOST_ACCOUNT, account, release, sums
from tests.payouts.reports import answer, report
from tests.world import World

__all__ = ["app", "second"]
SCHEMA = Path(__file__).parents[1] / "fixtures/iso20022/pain.001.001.09.xsd"
DAY = "2026-09-09"


@pytest.fixture
def released(world: World) -> World:
    world.pay(world.give(LIMIT + 1))
    world.pay(world.give(20_00, 2))
    release(world)
    for code, new in (("4101", ACCOUNT), ("4102", ACCOUNT._replace(holder="嵩县慈善会")), ("41", HOST_ACCOUNT)):
        account(world, code, new)
    return world


def sent(api: Api, world: World, second: str) -> Json:
    """A plan that was made by finance, signed by two others, and sent."""
    plan = api.manage(f"/campaigns/{world.slug}/payout-plans", role="finance")
    path = f"/payout-plans/{plan['id']}"
    problem(api.post(f"{path}/approve", None, api.token("finance")), 403, "plan_own")
    approval = ask(api, f"{path}/approve")
    maker = world.do(create_token, "finance", "other finance")
    assert decide(api, approval, second).status_code == 200
    reply = api.post(f"{path}/send", None, maker)
    assert reply.status_code == 200, reply.text
    sent_plan: Json = reply.get_json()
    return sent_plan


def test_a_split_is_set_and_shown_and_a_bad_one_names_its_field(api: Api, world: World) -> None:
    path = f"/projects/{world.projects[0]}/splits"
    split = {"project_bps": 8_500, "township_bps": 1_000, "management_bps": 500, "reason": "agreed"}
    assert api.manage(path, split)["management_bps"] == 500
    assert [row["project_bps"] for row in api.get(path, api.token()).get_json()] == [8_500]
    refusal = problem(api.post(path, split | {"project_bps": 8_499}, api.token()), 422, "split_invalid")
    assert refusal["fields"]["project_bps"]["code"] == "shares_not_whole"
    api.manage("/organisations/41/payout-rules", {"management_most_bps": 400}, 200, method="PATCH")
    refusal = problem(api.post(path, split, api.token()), 422, "split_invalid")
    assert refusal["fields"]["management_bps"]["code"] == "above_ceiling"


def test_numbers_of_accounts_are_sealed_and_never_shown(api: Api, world: World) -> None:
    payee = api.manage("/organisations/4101/payees", ACCOUNT._asdict())
    assert payee["tail"] == "2345" and "number" not in payee
    number = ACCOUNT.number.replace(" ", "")
    sealed = world.do(lambda tx: tx.scalar("SELECT CAST(payee_account.* AS text) FROM payee_account"))
    assert number not in sealed
    entries = world.do(lambda tx: tx.rows("SELECT CAST(detail AS text) FROM audit_entry"))
    assert not any(number in row[0] for row in entries)
    for field, value, code in (
        ("bank_code", "1234", "not_a_bank_code"),
        ("number", "12ab", "not_an_account_number"),
        ("holder", "\u202ex", None),
    ):
        reply = api.post("/organisations/4101/payees", ACCOUNT._asdict() | {field: value}, api.token())
        assert reply.status_code == 422, field
        assert code is None or reply.get_json()["fields"][field]["code"] == code


def test_one_number_for_two_organisations_is_pointed_out(api: Api) -> None:
    entered = [api.manage(f"/organisations/{code}/payees", ACCOUNT._asdict()) for code in ("4101", "4102")]
    assert [payee["shared_with"] for payee in entered] == [[], ["4101"]]
    alike = ACCOUNT._replace(number=f"9{ACCOUNT.number}")  # the same last digits
    assert api.manage("/organisations/41/payees", alike._asdict())["shared_with"] == []
    ended = api.manage(f"/payees/{entered[0]['id']}/end", {}, 200)
    [left] = api.get("/organisations/4102/payees", api.token()).get_json()
    assert (ended["shared_with"], left["shared_with"]) == ([], [])


def test_the_file_is_the_same_each_time_and_valid_by_the_schema(api: Api, released: World, second: str) -> None:
    plan = sent(api, released, second)
    path = f"/payout-plans/{plan['id']}/file"
    first = api.get(f"{path}?format=pain001", second)
    assert first.data == api.get(f"{path}?format=pain001", second).data
    etree.XMLSchema(etree.parse(SCHEMA)).assertValid(etree.fromstring(first.data))
    document = ElementTree.fromstring(first.data)
    amounts = [node.text for node in document.iter(f"{{{NAMESPACE}}}InstdAmt")]
    assert amounts == ["100.01", "20.00"]
    assert next(document.iter(f"{{{NAMESPACE}}}CtrlSum")).text == "120.01"

    rows = list(csv.reader(io.StringIO(api.get(path, second).text.lstrip("\ufeff"))))
    assert [row[4] for row in rows[1:]] == [ACCOUNT.number.replace(" ", "")] * 2
    assert [row[8] for row in rows[1:]] == ["100.01", "20.00"]
    assert len({row[1] for row in rows[1:]}) == 2
    problem(api.get(path, api.token("auditor")), 403, "not_permitted")
    released.check()


def test_the_banks_answer_is_taken_through_the_api(api: Api, released: World, second: str) -> None:
    plan = sent(api, released, second)
    path = f"/payout-plans/{plan['id']}/remittances"
    assert [row["bank_answer"] for row in api.get(path, second).get_json()] == [None, None]
    why = "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>"
    first, other = (row["end_to_end_id"] for row in api.get(path, second).get_json())
    body = report(answer(first, "ACTC"), answer(other, "RJCT", why), message=first.partition("-")[0])
    address = "/api/v1/imports/payment_report"
    token = {"Authorization": f"Bearer {second}", "Content-Type": "application/xml"}
    shown = api.http.post(f"{address}?preview=1", data=body, headers=token)
    assert (shown.status_code, shown.json["new"], shown.json["questions"]) == (201, 2, []), shown.text
    confirmed = api.http.post(f"{address}?token={shown.json['token']}", data=body, headers=token)
    assert confirmed.status_code == 202
    work_off(released.deps)
    rows = api.get(path, second).get_json()
    assert [row["bank_answer"]["answer"] for row in rows] == ["pending", "rejected"]
    assert (rows[1]["state"], rows[1]["reason"]) == ("withdrawn", "AC04")
    refused = api.http.post(f"{address}?preview=1", data=body[:-30], headers=token).json
    assert (refused["state"], refused["faults"][0]["code"]) == ("refused", "unreadable")
    released.check()


def test_a_plan_is_sent_once_and_its_remittances_end_once(api: Api, released: World, second: str) -> None:
    plan = sent(api, released, second)
    path = f"/payout-plans/{plan['id']}"
    problem(api.post(f"{path}/send", None, second), 409, "plan_state")
    problem(api.post(f"{path}/withdraw", {"reason": "x"}, second), 409, "plan_state")
    rows = api.get(f"{path}/remittances", second).get_json()
    paid = {"reference": "R-1", "paid_on": DAY, "evidence": "bank slip of the day"}
    first, other = (f"/remittances/{row['id']}" for row in rows)
    assert decide(api, ask(api, f"{first}/paid", paid), second).status_code == 200
    assert api.manage(f"{first}/paid", paid, 200)["state"] == "paid"
    problem(api.post(f"{first}/paid", paid | {"reference": "R-2"}, second), 409, "remittance_state")
    assert api.manage(f"{other}/refused", {"reason": "account closed"}, 200)["state"] == "withdrawn"
    whole = api.get(f"/campaigns/{released.slug}/money-out", second).get_json()
    assert (whole["paid_minor"], whole["left_minor"], whole["payable_minor"]) == (100_01, 20_00, 0)
    parts = api.get(first, second).get_json()["parts"]
    assert parts == [{"project": released.projects[0], "share": "share_project", "amount_minor": 100_01}]
    early = api.post(f"{first}/returned", {"reason": "name differs", "returned_on": "2020-01-01"}, second)
    problem(early, 422, "remittance_invalid")
    returned = ask(api, f"{first}/returned", {"reason": "name differs"})
    assert api.get(first, second).get_json()["state"] == "paid"
    assert decide(api, returned, second).status_code == 200
    after = api.get(first, second).get_json()
    assert (after["state"], after["failure"]["returned_on"]) == ("returned", f"{local_day(released.clock.at)}")
    assert sums(released)["share_project"] == 120_01
    released.check()


def test_a_plan_of_a_campaign_that_is_not_released_is_refused(api: Api, world: World) -> None:
    reply = api.post(f"/campaigns/{world.slug}/payout-plans", None, api.token())
    problem(reply, 409, "campaign_phase")


def test_the_requester_of_an_approval_does_not_give_it(api: Api, released: World, second: str) -> None:
    plan = released.do(plans.make_plan, released.slug, "maker")
    approval = ask(api, f"/payout-plans/{plan.id}/approve")
    problem(decide(api, approval, api.token()), 403, "approval_own")
    assert sums(released).get("payable", 0) == 0
    assert decide(api, approval, second).status_code == 200
    assert sums(released)["payable"] == 120_01
