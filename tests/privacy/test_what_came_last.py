"""What is kept beside a donation: ordered files, replies that may be sent again, objections, tributes."""

from flask import Flask

from app.exports.orders import order_donations
from app.exports.work import write_exports
from campaigns.closing.publication.objections import NewObjection, raise_objection
from campaigns.donations.donors.tribute import Tribute
from campaigns.donations.search_plan import DonationQuery
from campaigns.exports import runs
from campaigns.network.roles import Caller
from campaigns.privacy.erase import erase
from campaigns.privacy.person import person_by_contact
from tests.api.client import Api, problem
from tests.privacy.people import DONOR, MARKS, NAME, PHONE, dump, give_everything, traces
from tests.world import SLUG, World

HONOURED, OBJECTION = "赵标记太公", "标记的合计不对"


def erase_them(world: World) -> None:
    with world.db.transaction() as tx:
        erase(world.deps, tx, person_by_contact(tx, world.deps.keys, PHONE), "test", "manager")


def ordered_file(app: Flask, world: World) -> str:
    """The content of a file of all donations, which lies compressed in the database."""
    with app.test_request_context():
        run = world.do(order_donations, Caller("a", "admin", None, "a"), DonationQuery(), "csv")
    assert write_exports(world.deps) == 1
    return b"".join(runs.content(world.db, run.id or 0, lambda _tx: True)).decode()


def test_files_tributes_and_objections_hold_nothing_in_clear_and_nothing_after(app: Flask, world: World) -> None:
    give_everything(world)
    world.pay(world.give(10_00, donor=DONOR, tribute=Tribute("memory", HONOURED)))
    world.do(lambda tx: tx.run("UPDATE campaign SET phase = 'notice'"))
    world.do(raise_objection, world.deps.keys, SLUG, NewObjection(OBJECTION, PHONE))
    world.do(lambda tx: tx.run("UPDATE campaign SET phase = 'open'"))
    marks = (*MARKS, HONOURED, OBJECTION)
    assert traces(dump(world) + ordered_file(app, world), marks) == []
    erase_them(world)
    assert traces(dump(world) + ordered_file(app, world), marks) == []


def test_an_export_of_a_person_is_not_kept_for_a_repetition(api: Api, world: World) -> None:
    """The reply would be readable with FIELD_KEY alone, after the erasure too."""
    give_everything(world)
    sent = {"json": {"contact": PHONE}, "headers": {"Idempotency-Key": "once"}}
    sent["headers"]["Authorization"] = f"Bearer {api.token()}"
    first = api.http.post("/api/v1/donors/export", **sent)
    assert first.status_code == 200 and NAME in first.text
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM stored_reply")) == 0
    erase_them(world)
    problem(api.http.post("/api/v1/donors/export", **sent), 404, "donor_unknown")
