"""Spending is entered with a voucher, checked by finance, compared with the budget; a gift is followed to it."""

from datetime import timedelta

import pytest

from campaigns.approvals.act import Attempt
from campaigns.approvals.acts import ACTS
from campaigns.disclosure.purposes import moved_of
from campaigns.disclosure.trace import traces
from campaigns.lifecycle.models import CampaignEntry
from campaigns.lifecycle.project_course import advance
from campaigns.payouts import plans, remittances
from campaigns.payouts.allot import allot
from campaigns.payouts.purpose import NewPurpose, change_purpose
from campaigns.payouts.rules import set_split
from campaigns.payouts.split import Shares
from campaigns.projects.models import Project
from campaigns.projects.picture_file import rewrite
from campaigns.projects.stray_pictures import remove_stray_files
from campaigns.spending import vouchers
from campaigns.spending.figures import account_of, listed, published
from campaigns.spending.trace import trace_of
from campaigns.spending.vouchers import Photo, Voucher, named_photos
from kernel.db import Tx
from kernel.errors import Conflict, Invalid
from tests.payouts.released import HOST_ACCOUNT, account, host, release
from tests.projects.photos import photo
from tests.world import ACTOR, World

PHOTO = Photo("f" * 32, "hash")
BUDGET = [{"name": "食材", "amount_minor": 60_00}, {"name": "厨师", "amount_minor": 40_00}]


@pytest.fixture
def budgeted(world: World) -> World:
    def do(tx: Tx) -> None:
        project = tx.get(Project, world.projects[0])
        assert project is not None
        project.budget = BUDGET
        tx.add(project)

    world.do(do)
    return world


def voucher(world: World, amount_minor: int = 30_00, row: str = "食材", days: int = 0) -> Voucher:
    return Voucher(amount_minor, world.clock.at.date() - timedelta(days=days), "发票 1", "一周的菜", row)


def spent(world: World, amount_minor: int = 30_00, row: str = "食材", photo: Photo | None = PHOTO) -> int:
    entered = world.do(vouchers.enter, world.projects[0], voucher(world, amount_minor, row), photo, "liaison")
    spending_id: int = entered.id
    return spending_id


def test_checked_spending_counts_and_is_published(budgeted: World) -> None:
    first, other = spent(budgeted), spent(budgeted, 15_00, "")
    assert budgeted.do(published, budgeted.projects[0]) == []
    budgeted.do(vouchers.check, first, "finance")
    budgeted.do(vouchers.send_back, other, "名称写明白", "finance")
    kept = budgeted.do(account_of, budgeted.projects[0])
    assert (kept.spent_minor, kept.waiting_minor, kept.unspent_minor) == (30_00, 0, -30_00)
    assert [(row.name, row.spent_minor, row.over) for row in kept.rows] == [
        ("食材", 30_00, False),
        ("厨师", 0, False),
    ]
    assert [line.amount_minor for line in budgeted.do(published, budgeted.projects[0])] == [30_00]
    budgeted.do(vouchers.correct, other, voucher(budgeted, 14_00, "厨师"), None, "liaison")
    budgeted.do(vouchers.check, other, "finance")
    assert budgeted.do(account_of, budgeted.projects[0]).spent_minor == 44_00
    budgeted.do(vouchers.send_back, first, "记错了", "finance")  # no longer counts
    assert budgeted.do(account_of, budgeted.projects[0]).spent_minor == 14_00


def test_more_than_the_budget_is_flagged_before_it_is_checked(budgeted: World) -> None:
    spent(budgeted, 60_01)
    rows = budgeted.do(account_of, budgeted.projects[0]).rows
    assert [row.over for row in rows] == [True, False]


def test_the_same_photo_again_is_flagged(budgeted: World) -> None:
    spent(budgeted)
    spent(budgeted, photo=Photo("e" * 32, "another"))
    assert [line.same_photo for line in budgeted.do(listed)[0]] == [0, 0]
    again = spent(budgeted, 10_00)
    assert {line.id: line.same_photo for line in budgeted.do(listed)[0]}[again] == 1


def test_everyone_who_entered_or_corrected_a_spending_needs_a_second_person_to_check_it(budgeted: World) -> None:
    """Who entered it does not become free to check it by letting somebody else add the photo."""
    entered = budgeted.do(vouchers.enter, budgeted.projects[0], voucher(budgeted), None, "finance")
    budgeted.do(vouchers.correct, entered.id, voucher(budgeted), PHOTO, "liaison")
    makers = ACTS["spending.check"].makers
    assert makers is not None
    attempt = Attempt(budgeted.deps, entered.id, {}, "finance", "")
    assert budgeted.do(makers, attempt) == {"finance", "liaison"}


def test_nothing_is_checked_without_a_photo_or_twice(budgeted: World) -> None:
    bare = spent(budgeted, photo=None)
    with pytest.raises(Conflict, match="voucher_missing"):
        budgeted.do(vouchers.check, bare, "finance")
    done = spent(budgeted)
    budgeted.do(vouchers.check, done, "finance")
    with pytest.raises(Conflict, match="spending_state"):
        budgeted.do(vouchers.check, done, "finance")
    with pytest.raises(Conflict, match="spending_state"):
        budgeted.do(vouchers.correct, done, voucher(budgeted), None, "liaison")
    with pytest.raises(Conflict, match="spending_state"):
        budgeted.do(vouchers.withdraw, done, "x", "liaison")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount_minor": 0}, "amount_minor"),
        ({"budget_row": "没有这一项"}, "budget_row"),
        ({"document_no": ""}, "document_no"),
        ({"purpose": "x" * 101}, "purpose"),
    ],
)
def test_a_bad_voucher_names_its_field(budgeted: World, changes: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid, match="spending_invalid") as refusal:
        budgeted.do(vouchers.enter, budgeted.projects[0], voucher(budgeted)._replace(**changes), PHOTO, "liaison")
    assert set(refusal.value.fields) == {field}
    with pytest.raises(Invalid, match="spending_invalid"):
        budgeted.do(vouchers.enter, budgeted.projects[0], voucher(budgeted, days=-2), PHOTO, "liaison")


def test_photos_of_vouchers_are_no_stray_files(budgeted: World) -> None:
    stored = vouchers.store_photo(budgeted.deps, rewrite(photo()))
    spent(budgeted, photo=stored)
    budgeted.clock.advance(days=365)
    remove_stray_files(budgeted.deps, named_photos)
    assert budgeted.deps.pictures.read(f"{stored.file_key}-1440.webp") is not None
    remove_stray_files(budgeted.deps, lambda _tx, _keys: set())  # control
    assert budgeted.deps.pictures.read(f"{stored.file_key}-1440.webp") is None


def test_a_gift_is_followed_from_giving_to_spending(budgeted: World) -> None:
    world = budgeted
    world.pot(100_00)
    day_before = world.clock.at - timedelta(days=1)
    world.do(set_split, world.projects[0], Shares(9_000, 500, 500), day_before, "agreed", ACTOR)
    gift, other = world.give(100_00), world.give(50_00)
    world.pay(gift)
    world.pay(other)
    assert world.do(trace_of, gift.id)[:3] == (100_00, 100_00, False)
    release(world)
    allot(world.deps)
    before = world.do(trace_of, gift.id)
    assert (before.released, before.project_minor, before.township_minor, before.management_minor) == (
        True,
        180_00,
        10_00,
        10_00,
    )
    assert (before.paid_minor, before.spent_minor) == (0, 0)
    account(world, "4101")
    account(world, "41", HOST_ACCOUNT)
    plan = world.do(plans.make_plan, world.slug, "maker")
    world.do(plans.approve, plan.id, "checker")
    world.do(plans.send, plan.id, "maker")
    (row,) = world.do(plans.remittances_of, plan.id)
    world.do(remittances.mark_paid, row.id, "R-1", world.clock.at.date(), "slip", "maker")
    world.do(vouchers.check, spent(world, 22_50), "finance")
    after = world.do(trace_of, gift.id)
    assert (after.paid_minor, after.spent_minor) == (180_00, 18_00)  # a tenth of the 225 of the project is spent
    assert world.do(trace_of, other.id).spent_minor == 4_50
    steps = world.do(traces, [world.view(gift)])[gift.id]
    assert [(step.stage, step.done, step.amount_minor) for step in steps[-2:]] == [
        ("paid_out", True, 180_00),
        ("spent", True, 18_00),
    ]
    world.check()


def test_duty_14_money_gets_another_purpose_by_new_entries(budgeted: World) -> None:
    world = budgeted
    world.pay(world.give(100_00))
    release(world)
    allot(world.deps)
    new = NewPurpose(world.slug, world.projects[1], "share_project", 60_00, "备案 9 号")
    with pytest.raises(Conflict, match="share_short"):
        world.do(change_purpose, world.projects[0], new._replace(amount_minor=100_01), "village moved", ACTOR)
    with pytest.raises(Invalid, match="purpose_invalid"):
        world.do(change_purpose, world.projects[0], new._replace(filing_no=" "), "village moved", ACTOR)
    world.do(change_purpose, world.projects[0], new, "village moved", ACTOR)
    plan = world.do(plans.make_plan, world.slug, "maker")
    assert plan.total_minor == 100_00
    world.check()


def test_a_new_purpose_stays_with_what_the_host_answers_for(world: World) -> None:
    world.pay(world.give(100_00))
    release(world)
    allot(world.deps)
    host(world, "4101")
    new = NewPurpose(world.slug, world.projects[2], "share_project", 60_00, "备案 9 号")
    with pytest.raises(Conflict, match="project_of_another_host"):
        world.do(change_purpose, world.projects[0], new, "village moved", ACTOR)
    world.do(lambda tx: tx.add(CampaignEntry(campaign_id=1, project_id=world.projects[2], created_at=tx.now)))
    world.do(change_purpose, world.projects[0], new, "village moved", ACTOR)
    for _ in range(2):
        world.do(advance, world.projects[1], "done", ACTOR)
    with pytest.raises(Conflict, match="project_state"):  # an evaluated project spends nothing more
        world.do(change_purpose, world.projects[0], new._replace(to_project=world.projects[1]), "moved", ACTOR)
    world.check()


def test_a_change_of_purpose_by_consent_says_where_the_consents_are(world: World) -> None:
    world.pay(world.give(100_00))
    release(world)
    allot(world.deps)
    new = NewPurpose(world.slug, world.projects[1], "share_project", 60_00, "备案 9 号", "consent")
    with pytest.raises(Invalid, match="purpose_invalid") as refused:
        world.do(change_purpose, world.projects[0], new, "village moved", ACTOR)
    assert set(refused.value.fields) == {"evidence"}
    world.do(change_purpose, world.projects[0], new._replace(evidence="档案柜 3"), "village moved", ACTOR)
    (line,) = world.do(moved_of, world.projects[1])
    assert (line.incoming, line.amount_minor, line.basis, line.filing_no) == (True, 60_00, "consent", "备案 9 号")
