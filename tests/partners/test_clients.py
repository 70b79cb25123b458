"""The journey of a platform's engineer, with the example clients as processes of their own, over HTTP; and signers
that are not ours: the libraries `standardwebhooks` and `svix` of npm."""

import json
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from campaigns.network.people import create_manager
from kernel.clock import FixedClock
from payments.models import PartnerState
from payments.partners import create
from tests.partners.engineer import Engineer, bill
from tests.partners.outside import NODE_ROOM, ROOT, run, served
from tests.web.reader import PASSWORD, Reader
from tests.world import World


@pytest.fixture
def clock() -> FixedClock:
    """The clients sign by the time of their machine."""
    return FixedClock(datetime.now(UTC))


def code_of(world: World) -> str:
    return str(world.do(lambda tx: tx.scalar("SELECT code FROM project WHERE id = :id", id=world.projects[0])))


def test_from_the_first_event_to_a_bill_that_both_see(app: Flask, world: World) -> None:
    """Staff register a platform; its engineer passes the check list with the example client; it goes live, sends a
    day and hands in a bill with three faults; both see the same differences; it ends."""
    world.pot(1_000_00)
    world.do(create_manager, "staff", PASSWORD, "admin", "test")
    staff = Reader(app.test_client(), world)
    staff.sign_in("staff")
    staff.open("/console/partners")
    shown = staff.send("/console/partners", name="newcomer", title="新平台", begin="test", statement="yes")
    secret = shown[(at := shown.index("whsec_test_")) : at + len("whsec_test_") + 44]
    with served(app) as url:
        client = str(ROOT / "examples" / "partner_client.py")
        address = f"{url}/webhooks/partners/newcomer"
        output = run(sys.executable, client, address, code_of(world), SECRET=secret)
        checks = json.loads(output[output.rindex("{") :])
        assert len(checks) == 6 and all(checks.values()), output
    world.settle()
    assert world.totals().donations == 0, "it was only a test"

    staff.open("/console/partners/newcomer")
    shown = staff.send("/console/partners/newcomer/state", state="live")
    secret = shown[(at := shown.index("whsec_")) : at + len("whsec_") + 44]
    engineer = Engineer(app.test_client(), world, secret, "newcomer")
    engineer.send(*(engineer.paid(number) for number in range(6)))
    world.settle()
    assert world.totals().donations == 6

    moment = world.clock.at.isoformat()
    rows = [(f"L{n}", "charge", f"T-{n}", 25_00, 0) for n in range(4)]
    wrong = [("L0", "charge", "T-4", 25_00, 0), ("L8", "present", "T-4", 25_00, 0), ("L9", "charge", "T-5", -1, 0)]
    refused = engineer.call("/bill?confirm=1", bill(*rows, *wrong, at=moment)).get_json()
    assert (refused["imported"], {fault["line"] for fault in refused["faults"]}) == (False, {6, 7, 8})
    right = [
        *rows[:3],
        ("L3", "charge", "T-3", 20_00, 0),
        ("L4", "charge", "T-4", 25_00, 0),
        ("LX", "charge", "X", 3_00, 0),
    ]
    taken = engineer.call("/bill?confirm=1", bill(*right, at=moment)).get_json()
    assert taken["imported"]
    theirs = {(row["cause"], row["donation_id"]) for row in taken["differences"]}
    assert theirs == {("amount", "T-3"), ("missing_here", "X"), ("missing_there", "T-5")}
    day = world.do(lambda tx: tx.scalar("SELECT CAST(now() AT TIME ZONE 'Asia/Shanghai' AS date)"))
    page = staff.open(f"/console/partners/newcomer/bills/{day}")
    assert all(donation in page for _, donation in theirs) and "T-1" not in page

    staff.open("/console/partners/newcomer")
    staff.send("/console/partners/newcomer/state", state="ended")
    assert engineer.call("/health").status_code == 401
    world.check()


def test_the_javascript_example_passes_the_check_list(app: Flask, world: World, node: str) -> None:
    secret = world.do(lambda tx: create(tx, world.deps.keys, "js", "JS", state=PartnerState.TEST))
    with served(app) as url:
        client = str(ROOT / "examples" / "partner_client.js")
        output = run(node, client, f"{url}/webhooks/partners/js", code_of(world), SECRET=secret)
        load = str(ROOT / "examples" / "partner_load.py")
        said = run(sys.executable, load, f"{url}/webhooks/partners/js", code_of(world), "1500", "2", SECRET=secret)
    assert "'accepted': 1500" in said and "'HTTP 202': 2" in said
    assert "null" not in output[output.rindex("first_event") :], output
    health: dict[str, Any] = Engineer(app.test_client(), world, secret, "js").get("/health")
    assert all(health["checks"].values())


@pytest.mark.parametrize("library", ["standardwebhooks", "svix"])
def test_a_signer_that_is_not_ours_is_understood(app: Flask, world: World, node: str, library: str) -> None:
    live = world.do(create, world.deps.keys, "signer", "签名")
    engineer = Engineer(app.test_client(), world, live, "signer")
    body = json.dumps(engineer.paid(1))
    headers = json.loads(run(node, str(NODE_ROOM / "sign.js"), library, live, body))
    answer = engineer.http.post("/webhooks/partners/signer", data=body.encode(), headers=headers)
    assert (answer.status_code, answer.get_json()["accepted"]) == (202, 1)
    question = json.loads(run(node, str(NODE_ROOM / "sign.js"), library, live, ""))
    assert engineer.http.get("/webhooks/partners/signer/health", headers=question).status_code == 200
    forged = json.loads(run(node, str(NODE_ROOM / "sign.js"), library, live, body + " "))
    assert engineer.http.post("/webhooks/partners/signer", data=body.encode(), headers=forged).status_code == 401
