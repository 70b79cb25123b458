"""What a form of the console names must lie in the manager's branch, as what its address names.

A manager of 栾川县 who has every right sends the forms of their own pages with the things of the sibling 嵩县. No
row changes, no answer shows them, and the audit trail has each refusal. The forms' fields are read from the
console itself."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask

from app.http.scope import Where
from campaigns.assignments import KINDS
from kernel.db import Tx
from tests.api.named_fields import PLAIN
from tests.api.resources import COUNTY, OURS, SIBLING, Resources, foreign, handed_out, resources
from tests.api.test_rights import Callers, callers, routes, snapshot
from tests.world import World

__all__ = ["callers", "foreign", "resources"]

CONSOLE = Path(__file__).parents[2] / "app" / "console"
_FORMS = ("form", "self", "request.form", "request.args", "wanted")

_PROJECT = {"name": "新", "tier": "micro", "theme": "elderly", "summary": "x"}
_CAMPAIGN = {"slug": "new", "opens_at": "2031-09-05T09:00", "ends_at": "2031-09-08T09:00"}
_POT = {"verb": "preview", "name": "x", "rank": "1", "ratio_bps": "1:1"}
_CONSENT = {"consent": "email", "consented_on": "2026-01-02", "reason": "x"}
_AGREEMENT = {"kind": "donation", "number": "9", "title": "x", "party": "x", "signed_on": "2026-01-02"}

# Forms of the own pages that name something: address, field, kind of resource (`tests.api.resources`), the rest.
NAMED_IN_FORMS: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("campaigns/{slug}/entries", "project", "project_id", {"verb": "chosen"}),
    ("campaigns/{slug}/sources", "project", "project_code", {"kind": "poster", "title": "x"}),
    ("campaigns/{slug}/burst", "case", "case_id", {"verb": "release:some:chosen", "code": "project_frozen"}),
    ("projects/review", "project", "project_id", {}),
    ("projects/submit", "project", "project_id", {}),
    ("words", "words", "words_id", {"show": ""}),
    ("words", "hide", "words_id", {}),
    ("search", "q", "donation_id", {}),
    ("projects/new", "organisation", "village", {"verb": "save", "target_minor": "100", **_PROJECT}),
    ("projects/new", "template", "template_id", {"verb": "preview", "name": "新"}),
    ("projects/{project_id}/goods", "organisation_code", "code", {"name": "米", "unit": "袋", "quantity": "1"}),
    ("goods/{goods_id}", "organisation_code", "code", {"name": "米", "unit": "袋", "quantity": "1"}),
    ("goods/{goods_id}/correction", "handout", "handout_id", {"quantity": "1", "reason": "x"}),
    ("network/{code}/agreements", "campaign", "slug", _AGREEMENT),
    ("network/{code}/agreements", "fund", "fund_id", _AGREEMENT),
    ("pledges/{pledge_id}/pay", "deposit", "deposit_id", {"amount": "1"}),
    ("projects/{project_id}/purpose", "to_project", "project_code", {"source": "share_project/ours"}),
    ("projects/{project_id}/purpose", "source", "source", {"to_project": "{project_code}"}),
    ("projects/{project_id}/surplus", "to", "project_id", {"source": "share_project/ours", "way": "same_purpose"}),
    ("projects/{project_id}/surplus-returns", "campaign", "slug", {"reference": "x", "returned_on": "2026-01-02"}),
    ("network/410101/merge", "into", "township", {"verb": "save", "reason": "x"}),
    ("people/invite", "branch", "code", {"verb": "save", "role": "auditor", "name": "x"}),
    ("people/{user_id}/rights", "branch", "code", {"verb": "save", "role": "auditor", "seen": "{seen}"}),
    ("people/invite-file", "text", "guests", {"verb": "save"}),
    ("tokens/new", "branch", "code", {"verb": "save", "role": "auditor", "name": "x"}),
    ("account/sessions/end", "session", "session_id", {"own": "x"}),
    ("new-campaign", "host", "code", {"verb": "save", "name": "x", **_CAMPAIGN}),
    ("campaigns/{slug}/pots/new", "fund", "fund_id", _POT),
    ("payments/{exception_id}/attach", "donation", "donation_id", {"reason": "x"}),
    ("inbox/{message_id}", "donation", "donation_id", {"verb": "attach", "reason": "x"}),
    ("donations/{donation_id}/project", "project", "project_id", {"verb": "preview", **_CONSENT}),
    ("campaigns/{slug}/simulate", "pot", "pot_id", {"verb": "preview", "added_minor": "1"}),
    ("funds/{fund_id}/transfer", "to", "fund_id", {"verb": "preview", "amount_minor": "1", "reason": "x"}),
)

# Looked up among the things of the own branch or page, where one of a neighbour is not there: no right is refused.
LOOKED_UP = {
    ("account/sessions/end", "session"),
    ("campaigns/{slug}/burst", "case"),
    ("campaigns/{slug}/simulate", "pot"),
    ("campaigns/{slug}/sources", "project"),
    ("funds/{fund_id}/transfer", "to"),
    ("goods/{goods_id}/correction", "handout"),
    ("projects/new", "template"),
    ("search", "q"),
    ("words", "hide"),
    ("words", "words"),
}

# Fields of forms that name something which is not of one node, or filter lists by it.
NOT_ASKED = {
    "campaign": "a filter",
    "corrects": "the number of a form of the node in the address",
    "donor": "a filter",
    "id": "a filter",
    "into": "asked by scope.require_merge",
    "message": "a message of the federation",
    "node": "a filter",
    "pot": "a filter",
    "project": "a filter",
    "projects": "only without a branch",
    "queue": "a filter",
    "scope.levels": "narrows what a pot matches",
    "scope.minimum_rating": "narrows what a pot matches",
    "scope.projects": "narrows what a pot matches",
    "scope.tiers": "narrows what a pot matches",
    "scope.under": "narrows what a pot matches",
    "under": "a filter",
}

# Buttons, what was shown before, and the console's own texts and numbers.
OF_FORMS = frozenset(
    """
    act again amount average begin comment contact.consented challenge.donors challenge.raised_minor current days
    label least most next own place_q plan.cost_minor preset project_q random.least_bps seen shown statement
    tranche_amount tranche_at verb view_name window_closes_at window_opens_at
    """.split()  # noqa: SIM905 - a page of quotes is not read
)


# Other forms whose address names nothing: of what the manager has alone, of the own branch, and files, whose lines
# have tests of their own.
NAMES_NOTHING = {
    "account/password",
    "account/second-factor",
    f"desks/<any({', '.join(KINDS)}):desk>/<int:row_id>",  # tests/web/test_console_assignments.py
    "donations/contact",
    "exports",
    "funds",
    "imports",
    "sign-out",
    "training",
    "training/throw-away",
    "views",
    "views/<int:saved_id>/delete",
}


def fields_of_forms() -> Iterator[str]:
    """Every field that a module of the console reads from a form: `form["fund"]`, `form.ids("project")`."""
    for path in CONSOLE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Subscript(value=source, slice=ast.Constant(value=str(name))):
                    pass
                case ast.Call(func=ast.Attribute(value=source), args=[ast.Constant(value=str(name)), *_]):
                    pass
                case _:
                    continue
            text = ast.unparse(source)
            if text in _FORMS or text.startswith(("ConsoleForm(", "Form(")):
                yield name


def test_it_is_decided_of_every_field_of_a_form_whether_it_names_something_of_a_node() -> None:
    named = {field for _path, field, _kind, _beside in NAMED_IN_FORMS} | set(NOT_ASKED)
    assert set(fields_of_forms()) - PLAIN - OF_FORMS - named == set()


def test_every_form_whose_address_names_nothing_is_tried(app: Flask) -> None:
    """There only the view itself asks whose what the form names is."""
    forms = {
        rule.rule.removeprefix("/console/")
        for rule, method, _ in routes(app, Where.LISTED, Where.NAMED, Where.ANY)
        if method == "POST" and rule.rule.startswith("/console/")
    }
    assert forms - {address for address, *_ in NAMED_IN_FORMS} == NAMES_NOTHING


def test_a_form_cannot_name_a_resource_of_another_branch(
    world: World, resources: Resources, foreign: Resources, callers: Callers
) -> None:
    ours, theirs = (_with_names(world, things.arguments) for things in (resources, foreign))
    attached = "UPDATE inbox_work SET donation_id = :id WHERE inbox_id = :message RETURNING 1"
    message, donation = ours["message_id"], ours["donation_id"]
    world.do(lambda tx: tx.scalar(attached, message=message, id=donation))
    callers.call("/console/", "GET", "admin", OURS)  # signs in, which the audit trail notes
    before = snapshot(world)
    quiet = []
    for address, field, kind, beside in NAMED_IN_FORMS:
        path = f"/console/{address.format(**ours)}"
        count = refused(world)
        query = {"to": theirs[kind]} if path.endswith("/transfer") else {}
        form = {name: value.format(**ours) for name, value in beside.items()} | {field: str(theirs[kind])}
        response = callers.call_with(path, "POST", "admin", OURS, data=form, query_string=query)
        assert response.status_code in (200, 303, 403, 404, 422), (path, field, response.status_code)
        shown = response.text
        if refused(world) == count:
            quiet.append((address, field))
        if response.status_code == 303:
            shown = callers.call(response.location, "GET", "admin", OURS).text
        assert SIBLING.mark not in shown, (path, field)
        changed = [table for table, rows in snapshot(world).items() if rows != before[table]]
        assert not set(changed) - {"manager_session"}, (path, field, changed)
    assert set(quiet) == LOOKED_UP, "every other refusal is in the audit trail"


def refused(world: World) -> int:
    """How many refusals of what exists for others only the security log has."""
    events = "SELECT coalesce(sum(events), 0) FROM security_tally WHERE action = 'access.refused'"
    return int(world.do(lambda tx: tx.scalar(events)))


def _with_names(world: World, things: dict[str, Any]) -> dict[str, Any]:
    """The things of a county by their codes too, as forms name them."""

    def code_of(tx: Tx) -> str:
        return str(tx.scalar("SELECT code FROM project WHERE id = :id", id=things["project_id"]))

    county = COUNTY if things["code"] == OURS else SIBLING
    of_tree = {"township": county.lineage[2], "village": county.lineage[3]}
    handout = world.do(handed_out, things)
    rights = "SELECT concat(role, '/', branch_code, '/', name) FROM manager WHERE id = :id"
    seen = world.do(lambda tx: tx.scalar(rights, id=things["user_id"]))
    return {
        **things,
        **of_tree,
        **handout,
        "project_code": world.do(code_of),
        "source": f"share_project/{county.slug}",
        "guests": f"name,role,branch\nx,auditor,{things['code']}",
        "seen": seen,
    }
