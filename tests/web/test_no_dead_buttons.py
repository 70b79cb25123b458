"""Nobody is shown a link or a button that they may not use: pages are walked as each role, of the city, of a county
and of its neighbour, and each link is opened, each button pressed.

Each list is opened as the first link to it says. In `make test-long`, where all walk, it is also opened filtered or
sorted otherwise."""

from collections import Counter
from typing import NamedTuple

import pytest
from flask import Flask
from lxml.etree import HTMLParser

from campaigns.network.people import create_manager
from campaigns.network.roles import Role
from tests.api.county_world import resources, world
from tests.api.resources import OURS, Resources
from tests.web.reader import PASSWORD, Reader
from tests.world import ACTOR, World

__all__ = ["resources", "world"]
REFUSED = "您没有权限做这件事"
# They end the walk, or answer a missing code with 403, whoever asks.
NOT_OF_OTHERS = ("/console/sign-out", "/console/sign-in", "/console/account/second-factor")


class Button(NamedTuple):
    """A form as it stands, with one of its buttons."""

    action: str
    method: str
    fields: tuple[tuple[str, str], ...]


class _Page:
    """Links and buttons of a page that lead to pages of managers, as a parser meets them."""

    def __init__(self) -> None:
        self.links: set[str] = set()
        self.buttons: list[Button] = []
        self._form: tuple[str, str] | None = None
        self._fields: list[tuple[str, str]] = []

    def start(self, tag: str, has: dict[str, str]) -> None:
        if tag == "a" and has.get("href", "").startswith("/console"):
            self.links.add(has["href"].split("#")[0])
        elif tag == "form":
            self._form, self._fields = (has.get("action", ""), has.get("method", "get")), []
        elif tag == "input" and self._form and has.get("type") not in ("radio", "checkbox", "file"):
            self._fields.append((has.get("name", ""), has.get("value", "")))
        elif tag == "button" and self._form:
            pressed = [(has["name"], has.get("value", ""))] if "name" in has else []
            self.buttons.append(Button(*self._form, (*self._fields, *pressed)))

    def end(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    def close(self) -> "_Page":
        return self


def read(page: str) -> _Page:
    parser = HTMLParser(target=_Page())
    parser.feed(page)
    shown: _Page = parser.close()
    return shown


def walk(reader: Reader, most_forms: int) -> dict[Button, str]:
    """Open every page that links lead to, a list in so many forms, and return the buttons with the page of each."""
    buttons: dict[Button, str] = {}
    seen, waiting = set(), ["/console/"]
    forms_of_a_list: Counter[str] = Counter()  # the same list, filtered and sorted otherwise, has the same verbs
    while waiting:
        path = waiting.pop()
        page_itself = path.split("?")[0]
        if path in seen or forms_of_a_list[page_itself] == most_forms:
            continue
        seen.add(path)
        forms_of_a_list[page_itself] += 1
        page = reader.http.get(path, follow_redirects=True)
        assert page.status_code == 200, (path, page.status_code)
        if page.mimetype != "text/html":  # a file
            continue
        assert REFUSED not in page.text, path
        shown = read(page.text)
        waiting += sorted(shown.links - seen)
        buttons |= {
            button: path
            for button in shown.buttons
            if button.method == "post" and not button.action.startswith(NOT_OF_OTHERS)
        }
    assert len(seen) > 5
    return buttons


# Each role in the county where something waits for it; in the city and in the neighbour county who sees most there.
# All walk further in `make test-long`, as do an administrator of the county, who sees there what the others see
# together, and an auditor of the city, whose pages an administrator of the city sees too.
SHORT = [*((role, OURS) for role in Role if role != Role.ADMIN), (Role.ADMIN, None), (Role.ADMIN, "4102")]
WALKERS = [
    *((role, branch, 1) for role, branch in SHORT),
    *(pytest.param(role, branch, 2, marks=pytest.mark.long) for role in Role for branch in (None, OURS, "4102")),
]


@pytest.mark.parametrize(("role", "branch", "most_forms"), WALKERS)
def test_every_link_opens_and_no_button_is_refused_for_want_of_rights(
    app: Flask, world: World, resources: Resources, role: str, branch: str | None, most_forms: int
) -> None:
    app.config["RATELIMIT_ENABLED"] = False
    world.pot(100_00)
    walker = world.do(create_manager, "walker", PASSWORD, role, ACTOR, branch)
    reader = Reader(app.test_client(), world)
    reader.sign_in("walker")
    buttons = walk(reader, most_forms)
    verbs = len({button.action for button in buttons})
    # The walk's own control: an administrator of the city is shown verbs that an auditor is not.
    assert verbs > 10 or (role, branch) != (Role.ADMIN, None)
    assert verbs < 10 or role != Role.AUDITOR
    pressed = set()
    for button, path in buttons.items():
        if button.action.startswith(f"/console/people/{walker.id}/"):  # ends their sessions
            continue
        verb = (button.action, tuple(field for field in button.fields if field[0] in ("verb", "decision")))
        if verb in pressed:
            continue
        pressed.add(verb)
        status, words = press(reader, button)
        assert status not in (401, 403, 404, 405), (path, button.action, status)
        assert REFUSED not in words, (path, verb)


def press(reader: Reader, button: Button) -> tuple[int, str]:
    """Press a button. Return the status, and what is said at once or would be on the page that it leads to."""
    page = reader.http.post(button.action, data=dict(button.fields))
    assert not (page.location or "").startswith("/console/sign-in"), button
    with reader.http.session_transaction() as session:
        notices = session.pop("_flashes", [])
    return page.status_code, f"{page.text} {notices}"
