"""Every table in which the data of a donor could come to lie has rows when a dump is searched for it, or a reason
why not. The tables are read from the models, so that a new one fails here until that is decided."""

from uuid import UUID

from sqlmodel import SQLModel

from campaigns.closing.reconciliation.import_statement import import_statement
from campaigns.donations.donors.contact import Donor
from campaigns.goods import goods
from campaigns.goods.goods import NewHandout
from campaigns.privacy.erase import erase
from campaigns.privacy.person import person_by_contact
from campaigns.sampling.draw import NewSample, draw_sample
from campaigns.sampling.marks import mark
from campaigns.screening.watch import watch_case
from campaigns.self_checks.forms import Answer, sign
from campaigns.self_checks.models import Question
from kernel.clock import local_day
from kernel.db import Tx
from tests.api.client import Api
from tests.api.resources import Resources, resources
from tests.architecture.test_personal_data import described, stored
from tests.payouts.released import release
from tests.privacy.people import MARKS, MESSAGE, NAME, PHONE, dump, give_everything, traces
from tests.world import ACTOR, World

__all__ = ["resources"]

UNNAMED = Donor(name=NAME, phone=PHONE)
FREE = {"words", "public", "sealed"}  # kinds of docs/privacy.md: what people write, or say of themselves
STAFF = "texts of staff about their own work; no act of a donor leads to a row"
# Tables that have no rows in `fill`.
EMPTY = {
    "analytics_cell": "codes, counts and sums by place; a job makes them from `donation`",
    "analytics_team": "names of teams as their pages show them, and sums; a job makes them from `donation`",
    "audit_sample": "`test_samples_and_self_checks_leave_nothing_of_an_erased_donor`",
    "audit_sample_mark": "`test_samples_and_self_checks_leave_nothing_of_an_erased_donor`",
    "award": STAFF,
    "award_publication": STAFF,
    "bank_answer": "what the bank says of a payment to an organisation",
    "campaign_cancellation": STAFF,
    "chart_version": STAFF,
    "desk_assignment": STAFF,
    "device_gift": "a keyed hash, made by screening; deleted with the donation's devices (test_erasure)",
    "duty_done": STAFF,
    "fraud_warning": "the provider's code and number of a warning",
    "fund_grant": STAFF,
    "fund_transfer": STAFF,
    "gift_source": "codes of a platform's hosts and posters",
    "host_contact": "published by the host about itself",
    "import_file": "sealed, and deleted when its import ends (test_no_traces imports files)",
    "project_comment": STAFF,
    "project_correction": STAFF,
    "project_listing": STAFF,
    "project_news": STAFF,
    "project_picture": STAFF,
    "public_notice": "`test_samples_and_self_checks_leave_nothing_of_an_erased_donor`",
    "purpose_change": STAFF,
    "related_parties": STAFF,
    "self_check_answer": "`test_samples_and_self_checks_leave_nothing_of_an_erased_donor`",
    "settled_conflict": STAFF,
    "split_rule": STAFF,
    "statement_correction": STAFF,
    "surplus_use": STAFF,
}


def of_donations() -> set[str]:
    """The tables that name a donation, or a row that does."""
    tables = {table.name: table for table in SQLModel.metadata.sorted_tables}
    reached = {name for name, table in tables.items() if {"donation_id", "people"} & set(table.columns.keys())}
    reached.add("donation")
    while more := {
        name
        for name, table in tables.items()
        if name not in reached and any(key.column.table.name in reached for key in table.foreign_keys)
    }:
        reached |= more
    return reached


def reachable() -> set[str]:
    """The tables with text that belong to a donation, or that hold free text."""
    with_text = {table for table, _ in stored()}
    return (of_donations() & with_text) | {table for table, _, kind in described() if kind in FREE}


def full(tx: Tx) -> set[str]:
    return {table for table in reachable() if tx.scalar(f'SELECT EXISTS (SELECT FROM "{table}")')}


def fill(world: World, api: Api, resources: Resources) -> None:
    """What the marked donor leaves, and what staff do about it."""
    give_everything(world)
    minor = world.give(10_00, donor=UNNAMED, age="under_18", guardian=True)
    world.pay(minor)
    world.refund(minor, 1_00)
    request = world.do(lambda tx: tx.scalar("SELECT max(id) FROM refund_request WHERE state = 'open'"))
    headers = {"Authorization": f"Bearer {api.token()}", "Idempotency-Key": "once"}
    answered = api.http.post(f"/api/v1/refund-requests/{request}/accept", json={}, headers=headers)
    assert answered.status_code == 200
    case = world.do(lambda tx: tx.scalar("SELECT id FROM screening_case WHERE appeal <> ''"))
    world.do(watch_case, case, "donor", "many equal gifts", ACTOR)
    goods_id = resources.arguments["goods_id"]
    world.do(goods.confirm, goods_id, "second")
    world.do(goods.hand_out, goods_id, NewHandout(1, "三组", local_day(world.clock.at), "签收单"), ACTOR)
    head = "line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at\n"
    line = f"L-1,charge,order-1,3000,0,CNY,{world.clock.at.isoformat()}\n"
    world.do(import_statement, "plat", head + line, ACTOR)


def erase_them(world: World) -> None:
    with world.db.transaction() as tx:
        erase(world.deps, tx, person_by_contact(tx, world.deps.keys, PHONE), "test", "manager")


def test_a_dump_has_rows_of_every_table_that_a_donor_reaches(world: World, api: Api, resources: Resources) -> None:
    fill(world, api, resources)
    assert traces(dump(world)) == []
    assert reachable() - world.do(full) <= set(EMPTY)
    erase_them(world)
    assert traces(dump(world)) == []


def test_only_tables_that_there_are_have_a_reason() -> None:
    assert set(EMPTY) <= reachable()


def test_samples_and_self_checks_leave_nothing_of_an_erased_donor(world: World) -> None:
    """Samples and self-checks are made of what was released: the sampled gift names nobody afterwards."""
    gift = world.give(10_00, donor=UNNAMED, message=MESSAGE)
    world.pay(gift)
    release(world)
    drawn = world.do(draw_sample, world.slug, NewSample("a word", 5, 0), "audit")
    state = world.do(mark, world.slug, drawn.number, 1, "checked", "seen", "audit").state
    world.do(sign, world.slug, _town(world), {key: Answer(True) for key in Question}, 0, ACTOR)
    assert state == "checked"
    assert {"audit_sample", "audit_sample_mark", "public_notice", "self_check_answer"} <= world.do(full)
    assert traces(dump(world)) == []
    erase_them(world)
    assert traces(dump(world), MARKS) == []
    sampled: list[UUID] = world.do(
        lambda tx: [row.id for row in tx.rows("SELECT donation_id AS id FROM audit_sample_item")]
    )
    assert sampled == [gift.id]


def _town(world: World) -> str:
    query = "SELECT township_code FROM project WHERE id = :id"
    return str(world.do(lambda tx: tx.scalar(query, id=world.projects[0])))
