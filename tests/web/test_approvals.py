"""Acts that wait for a second person, at the console: two people, each with a browser of their own."""

from flask import Flask

from campaigns.network.people import create_manager
from tests.api.approvals import app, paid, refunds
from tests.web.reader import PASSWORD, Reader
from tests.world import ACTOR, World

__all__ = ["app"]


class Two:
    """Two people at the console, each with a browser of their own."""

    def __init__(self, app: Flask, world: World) -> None:
        self.first, self.second = (self._sign_in(app, world, login) for login in ("li", "wang"))

    @staticmethod
    def _sign_in(app: Flask, world: World, login: str) -> Reader:
        world.do(create_manager, login, PASSWORD, "admin", ACTOR)
        reader = Reader(app.test_client(), world)
        reader.sign_in(login)
        return reader


def test_in_the_console_a_refund_waits_and_another_person_approves_it(app: Flask, world: World) -> None:
    two, donation = Two(app, world), paid(world, 300_00)
    two.first.open(f"/console/donations/{donation.id}/refunds")
    typed = {"amount_minor": "300", "reason": "asked for"}
    assert "这一步要两个人" in two.first.send("/refunds", **typed, verb="preview")
    assert "等第二个人批准" in two.first.send("/refunds", **typed, verb="save")
    assert refunds(world) == []
    own = two.first.open("/console/approvals")
    assert ("退款 300.00 元" in own, "须由另一位有权限的同事决定" in own, "批准并执行" in own) == (
        True,
        True,
        False,
    )
    assert "批准并执行" in two.second.open("/console/approvals")
    assert "已批准并执行" in two.second.send("/approvals/1", decision="approve", note="")
    assert refunds(world) == [(300_00, "asked for", "wang")]


def test_in_the_console_cancelling_an_open_campaign_says_that_it_waits(app: Flask, world: World) -> None:
    two = Two(app, world)
    assert "这一步要两个人" in two.first.open(f"/console/campaigns/{world.slug}/cancel")
    page = two.first.send("/cancel", verb="save", reason="flood", word=world.slug)
    assert "等第二个人批准" in page
    assert world.phase() == "open"
    two.second.open("/console/approvals")
    assert "已记为不批准" in two.second.send("/approvals/1", decision="decline", note="no")
    assert world.phase() == "open"


def test_the_console_shows_what_would_be_refused_now(app: Flask, world: World) -> None:
    two, pot = Two(app, world), world.pot(300_00)
    path = f"/console/pots/{pot}/reductions"
    two.first.open(path)
    two.first.send(path, verb="preview", amount_minor="250")
    assert "等第二个人批准" in two.first.send(path, verb="save")
    world.give(100_00)
    assert "现在批准也执行不了" in two.second.open("/console/approvals")
    assert "没有这么多" in two.second.send("/approvals/1", decision="approve", note="")
    assert world.pots()[pot].funded_minor == 300_00
