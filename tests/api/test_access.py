"""Every route says who may call it, and `docs/access.md` lists what they say."""

import re
from pathlib import Path

import pytest
from flask import Flask, g

from app.http import access, declarations
from campaigns.network.people import create_manager
from campaigns.network.roles import Caller, Permission
from kernel.errors import Forbidden
from payments.partners.partners import create
from tests.web.reader import PASSWORD, Reader
from tests.world import World


def test_every_route_declares_who_may_call_it(app: Flask) -> None:
    undeclared = [(methods, route) for methods, route, declared in declarations.table(app) if declared is None]
    assert not undeclared


def test_an_application_with_an_undeclared_route_does_not_start(app: Flask) -> None:
    other = Flask("other")
    other.add_url_rule("/open", "open", lambda: "")
    with pytest.raises(RuntimeError, match="open"):
        declarations.check(other)


def test_the_documented_table_is_that_of_the_router(app: Flask) -> None:
    printed = app.test_cli_runner().invoke(args=["routes-access"])
    assert printed.exit_code == 0, printed.output
    assert Path("docs/access.md").read_text() == printed.output, "flask --app wsgi routes-access > docs/access.md"


def test_requests_without_a_valid_token_or_session_are_refused_everywhere(app: Flask, world: World) -> None:
    """Calls every route that is not public with nothing in hand, with the token of a donor's other donation, and
    with the secret of a platform."""
    donor = world.deps.keys.token(str(world.give(10_00).id))
    platform = world.do(create, world.deps.keys, "plat", "平台", None)
    bearers: tuple[dict[str, str], ...] = ({}, *({"Authorization": f"Bearer {held}"} for held in (donor, platform)))
    refused = {
        declarations.Audience.DONOR: 401,
        declarations.Audience.DONOR_OR_READER: 401,
        declarations.Audience.MANAGER: 401,
        declarations.Audience.SIGNED_IN: 303,
        declarations.Audience.DONOR_LINK: 404,
        declarations.Audience.SIGNATURE: (400, 401),
    }
    values = {"slug": "x", "donation_id": "00000000-0000-4000-8000-000000000000", "name": "x", "code": "x"}
    client = app.test_client()
    app.config["WTF_CSRF_METHODS"] = set()  # forged forms have tests of their own
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        declared = declarations.access_of(app, rule.endpoint)
        assert declared
        if declared.audience not in refused:
            continue
        # The first of the words that the route takes.
        words = {name: word.strip("'") for word, name in re.findall(r"any\(([^),]+)[^)]*\):(\w+)", rule.rule)}
        arguments = {name: (values | words).get(name, 1) for name in rule.arguments}
        path = adapter.build(rule.endpoint, arguments)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            body = {} if path.startswith("/api/") else None
            expected = refused[declared.audience]
            for headers in bearers if body is not None else ({},):
                status = client.open(path, method=method, json=body, headers=headers).status_code
                assert status in (expected if isinstance(expected, tuple) else (expected,)), (method, path, status)


def test_a_view_may_not_use_a_permission_that_it_does_not_declare(app: Flask) -> None:
    with app.test_request_context("/console/funds", method="POST"):
        g.caller = Caller("x", "auditor")
        with pytest.raises(AssertionError, match="pots_write"):
            access.require_declared(Permission.POTS_WRITE)
        with pytest.raises(Forbidden):
            access.require_declared(Permission.FUNDS_WRITE)


def test_a_button_is_refused_who_has_none_of_the_permissions_of_its_route(app: Flask, world: World) -> None:
    """Of several permissions the use case may need either, so the button names none: an auditor has neither."""
    world.do(create_manager, "eye", PASSWORD, "auditor", "test")
    reader = Reader(app.test_client(), world)
    reader.sign_in_by_form("eye")
    app.config["WTF_CSRF_METHODS"] = set()  # their page has no such form
    reader.http.post(f"/console/campaigns/{world.slug}/notices", data={"reason": "nobody asked me"})
    about = "POST /console/campaigns/<slug>/notices"
    refusals = "SELECT count(*) FROM security_tally WHERE action = 'access.refused' AND about = :about"
    assert world.do(lambda tx: tx.scalar(refusals, about=about)) == 1
