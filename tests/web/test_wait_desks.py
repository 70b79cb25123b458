"""What a closing event waits for has words in both languages, and a link that opens for whoever reads it."""

import pytest
from flask import Flask, g
from flask_babel import force_locale

from app.api.closing.closing import WaitOut
from app.console.wait_desks import UNENDED, wait_lines
from app.i18n.locale import when
from app.i18n.waits import wait_text
from campaigns.closing.waits import Wait, waits
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.phases import Phase
from campaigns.network.people import create_manager
from campaigns.network.roles import Caller, Role
from tests.web.reader import PASSWORD, Reader, text
from tests.world import World

CODES = WaitOut().fields["code"].validate.choices
FOR_FINANCE = {"paying", "messages", "discrepancies", "bank", "payments", "refunds", "outside", "disputes"}


@pytest.mark.parametrize("role", [Role.ADMIN, Role.FINANCE, Role.REVIEWER, Role.AUDITOR, Role.LIAISON])
def test_each_wait_leads_to_the_desk_that_ends_it(app: Flask, reader: Reader, world: World, role: Role) -> None:
    each = [Wait(code, 2, world.clock.at, "ValueError at x") for code in CODES]
    with app.test_request_context("/console/"):
        g.caller = Caller("somebody", role, None, "manager:1")
        lines = world.do(wait_lines, each, world.slug)
        with force_locale("en"):
            english = world.do(wait_lines, each, world.slug)
    for code, line, other in zip(CODES, lines, english, strict=True):
        assert line.text not in ("", code) and line.text != other.text and other.text.isascii(), code
    urls = dict(zip(CODES, [line.url for line in lines], strict=True))
    assert not any(urls[code] for code in UNENDED)
    if role is not Role.LIAISON:
        assert FOR_FINANCE - {"messages"} <= {code for code, url in urls.items() if url}
    world.do(create_manager, "somebody", PASSWORD, role, "test")
    reader.sign_in("somebody")
    for url in sorted(filter(None, urls.values())):
        assert reader.http.get(url).status_code == 200, (role, url)


def test_a_wait_for_a_time_says_what_ends_then(app: Flask, world: World) -> None:
    lasting = (Phase.SCHEDULED, Phase.OPEN, Phase.ENDED, Phase.SETTLING, Phase.NOTICE)
    with app.test_request_context("/"):
        texts = [wait_text(Wait("time", until=world.clock.at, detail=phase)) for phase in lasting]
        assert texts[-1] == f"公示到 {when(world.clock.at)}" and len({*texts}) == len(lasting)
        with force_locale("en"):
            assert wait_text(Wait("time", until=world.clock.at, detail=Phase.NOTICE)).startswith(
                "public notice until"
            )
    world.give(20_00)
    [wait] = world.do(lambda tx: waits(tx, find_campaign(tx, world.slug)))
    assert (wait.code, wait.detail) == ("time", Phase.OPEN)


def test_the_event_and_the_first_page_have_the_links(manager: Reader, world: World) -> None:
    world.give(20_00)
    world.clock.advance(hours=10)
    world.do(lambda tx: tx.run("UPDATE campaign SET phase = 'ended', phase_since = now() WHERE slug = 'day'"))
    desk = f'href="/console/donations?campaign={world.slug}&amp;state=waiting"'
    for page in ("/console/", f"/console/campaigns/{world.slug}"):
        shown = manager.open(page)
        assert desk in shown and "1 笔支付中" in text(shown), page
