"""The example clients as processes of their own, over HTTP; and signers that are not ours: the libraries
`standardwebhooks` and `svix` of npm."""

import json
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from kernel.clock import FixedClock
from payments.models import PartnerState
from payments.partners.partners import create
from tests.partners.engineer import Engineer
from tests.partners.outside import NODE_ROOM, ROOT, run, served
from tests.world import World


@pytest.fixture
def clock() -> FixedClock:
    """The clients sign by the time of their machine."""
    return FixedClock(datetime.now(UTC))


@pytest.mark.parametrize("name", ["partner_client.py", "partner_client.js", "partner_client.sh", "partner_load.py"])
def test_an_example_is_as_short_as_the_page_says(name: str) -> None:
    assert len((ROOT / "examples" / name).read_text().splitlines()) <= 60


def code_of(world: World) -> str:
    return str(world.do(lambda tx: tx.scalar("SELECT code FROM project WHERE id = :id", id=world.projects[0])))


def test_the_javascript_example_passes_the_check_list(app: Flask, world: World, node: str) -> None:
    secret = world.do(lambda tx: create(tx, world.deps.keys, "js", "JS", state=PartnerState.TEST))
    with served(app) as url:
        client = str(ROOT / "examples" / "partner_client.js")
        output = run(node, client, f"{url}/webhooks/partners/js", code_of(world), SECRET=secret)
        load = str(ROOT / "examples" / "partner_load.py")
        printed = run(
            sys.executable, load, f"{url}/webhooks/partners/js", code_of(world), "1500", "2", SECRET=secret
        )
    assert "'accepted': 1500" in printed and "'HTTP 202': 2" in printed
    assert "null" not in output[output.rindex("first_event") :], output
    health: dict[str, Any] = Engineer(app.test_client(), world, secret, "js").get("/health")
    assert all(health["checks"].values())


def test_the_example_with_curl_passes_the_check_list(app: Flask, world: World) -> None:
    secret = world.do(lambda tx: create(tx, world.deps.keys, "curl", "curl", state=PartnerState.TEST))
    with served(app) as url:
        client = str(ROOT / "examples" / "partner_client.sh")
        output = run("sh", client, f"{url}/webhooks/partners/curl", code_of(world), SECRET=secret)
    health: dict[str, Any] = Engineer(app.test_client(), world, secret, "curl").get("/health")
    assert all(health["checks"].values()), output


@pytest.mark.parametrize("library", ["standardwebhooks", "svix"])
def test_a_signer_that_is_not_ours_is_understood(app: Flask, world: World, node: str, library: str) -> None:
    live = world.do(create, world.deps.keys, "signer", "签名")
    engineer = Engineer(app.test_client(), world, live, "signer")
    body = json.dumps(engineer.paid(1))
    headers = json.loads(run(node, str(NODE_ROOM / "sign.js"), library, live, body))
    response = engineer.http.post("/webhooks/partners/signer", data=body.encode(), headers=headers)
    assert (response.status_code, response.get_json()["accepted"]) == (202, 1)
    question = json.loads(run(node, str(NODE_ROOM / "sign.js"), library, live, ""))
    assert engineer.http.get("/webhooks/partners/signer/health", headers=question).status_code == 200
    forged = json.loads(run(node, str(NODE_ROOM / "sign.js"), library, live, body + " "))
    assert engineer.http.post("/webhooks/partners/signer", data=body.encode(), headers=forged).status_code == 401
