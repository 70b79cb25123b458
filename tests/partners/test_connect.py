"""The page "connect your platform": its own words and examples are enough to pass the check list."""

import base64
import hashlib
import hmac
import json
import re
import subprocess
from html import unescape

import pytest
from flask.testing import FlaskClient

from tests.api.client import problem
from tests.partners.engineer import Engineer
from tests.world import World


def blocks(http: FlaskClient) -> list[str]:
    return [
        unescape(text)
        for text in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", http.get("/connect").text, re.S)
    ]


def test_a_signature_is_made_as_the_page_says(http: FlaskClient) -> None:
    [sample] = (block for block in blocks(http) if "webhook-signature" in block)
    printed = dict(re.split(r" {2,}", line, maxsplit=1) for line in sample.splitlines())
    key = base64.b64decode(printed["secret"].removeprefix("whsec_test_"), validate=True)
    content = f"{printed['webhook-id']}.{printed['webhook-timestamp']}.{printed['body']}"
    mac = base64.b64encode(hmac.digest(key, content.encode(), hashlib.sha256)).decode()
    assert printed["webhook-signature"] == f"v1,{mac}"
    [command] = (block for block in blocks(http) if "openssl" in block)
    assert subprocess.check_output(["sh", "-c", command], text=True) == mac


def test_the_examples_of_the_page_pass_the_check_list(http: FlaskClient, tester: Engineer, world: World) -> None:
    then = tester.paid(1, minutes_ago=11)["occurred_at"]
    examples = [re.sub(r"2026-09-09T1[01]:00:0\d\+08:00", then, block) for block in blocks(http)]
    [bill] = (block for block in examples if block.startswith("line_id"))
    events = [block.replace("P000033", tester.project_code) for block in examples if block.startswith('{"type"')]
    paid, refunded = map(json.loads, events)
    assert tester.call("", {"type": "ping"}).get_json()["pings"] == 1
    assert [tester.call("", paid).get_json()[word] for word in ("accepted", "repeated")] == [1, 1]
    assert tester.call("", refunded).get_json()["accepted"] == 1
    stranger = Engineer(http, world, "whsec_bm9ib2R5", tester.name)
    problem(stranger.call("", paid), 401, "signature_invalid")
    taken = tester.call("/bill?confirm=1", bill.encode()).get_json()
    assert (taken["faults"], taken["differences"]) == ([], [])
    checks = tester.get("/health")["checks"]
    assert len(checks) == 6 and all(checks.values()), checks


@pytest.mark.parametrize("their_id", ["T-1 ", "\tT-1", "T\u200b-1", "`T-1", '="T-1"'])
def test_an_id_that_a_bill_would_lose_is_refused(engineer: Engineer, world: World, their_id: str) -> None:
    """A bill leaves these out of ids, so that payment and line would never meet."""
    payment = engineer.paid(1, donation_id=their_id)
    refused = problem(engineer.call("", payment), 422, "event_invalid")
    assert refused["fields"]["data.donation_id"]["code"] == "hidden_characters"
    assert engineer.results(engineer.refunded(1, 5_00, donation_id=their_id)) == [("accepted", None)]
