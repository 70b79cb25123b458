"""`check-books` recomputes what we publish: the closing report, the head of the audit chain in it, lines of bills,
and under which key a donor is counted. Each is changed here by hand, and named."""

import json
from typing import Any

import pytest

from campaigns.audit_chain import head, seal
from campaigns.check import check_books
from campaigns.closing.reconciliation.import_statement import import_statement
from campaigns.closing.report import report, write_report
from campaigns.lifecycle.campaign import find_campaign
from kernel.clock import FixedClock
from kernel.db import Database, Tx
from kernel.ids import fingerprint
from payments.partners import partners
from tests.closing.partner import tell
from tests.world import ACTOR, World, build

HEAD = "line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at\n"


@pytest.fixture
def published(db: Database, clock: FixedClock) -> World:
    return build(db, clock, then=_publish)


def _publish(world: World) -> None:
    """Gifts at two villages, matched, on a bill that is sealed, and a report that is published; then more comes."""
    world.pot(500_00)
    world.do(partners.create, world.deps.keys, "plat", "平台")
    tell(world, "plat", "g-1", 50_00)
    world.settle()
    for project, email in ((0, "a@example.org"), (1, "b@example.org"), (1, "a@example.org")):
        world.pay(world.give(30_00, project, email=email))
    at = world.clock.at.isoformat()
    world.do(import_statement, "plat", f"{HEAD}L-1,charge,g-1,5000,0,CNY,{at}\nL-2,other,,-7,0,CNY,{at}\n", ACTOR)
    seal(world.deps)
    world.do(lambda tx: write_report(tx, find_campaign(tx, world.slug)))
    seal(world.deps)
    world.pay(world.give(20_00, 2))
    assert faults(world) == []


def faults(world: World) -> list[str]:
    with world.db.snapshot() as tx:
        return check_books(tx)


def plant(world: World, *statements: str) -> list[str]:
    """Do by hand what triggers refuse, and return the names of the checks that see it."""

    def by_hand(tx: Tx) -> None:
        tx.run("SET LOCAL session_replication_role = replica")
        for statement in statements:
            tx.run(statement)

    world.do(by_hand)
    return sorted({fault.split(":")[0] for fault in faults(world)})


def forge_report(world: World, change: Any, *, with_hash: bool) -> list[str]:
    """Change the stored report, and its hash too if that is told."""
    row = world.do(lambda tx: tx.row("SELECT report, report_hash FROM closing_report"))
    forged = dict(row.report)
    change(forged)

    def by_hand(tx: Tx) -> None:
        tx.run("SET LOCAL session_replication_role = replica")
        tx.run(
            "UPDATE closing_report SET report = CAST(:report AS jsonb), report_hash = :hash",
            report=json.dumps(forged),
            hash=fingerprint(forged) if with_hash else row.report_hash,
        )

    world.do(by_hand)
    return sorted({fault.split(":")[0] for fault in faults(world)})


def more_matched(report: dict[str, Any]) -> None:
    for figure in ("matched_minor", "total_minor"):
        report[figure] += 100
        for table in ("county", "township", "village"):
            report[table] = [{**report[table][0], figure: report[table][0][figure] + 100}, *report[table][1:]]


def moved_between_villages(report: dict[str, Any]) -> None:
    first, second, *rest = report["village"]
    for figure in ("raised_minor", "total_minor"):
        first, second = {**first, figure: first[figure] + 1}, {**second, figure: second[figure] - 1}
    report["village"] = [first, second, *rest]


def a_donor_more(report: dict[str, Any]) -> None:
    report["donors"] += 1


def one_sum_only(report: dict[str, Any]) -> None:
    report["matched_minor"] += 1


def another_head(report: dict[str, Any]) -> None:
    report["audit"] = {**report["audit"], "hash": "0" * 64}


@pytest.mark.parametrize("change", [more_matched, moved_between_villages, a_donor_more, one_sum_only, another_head])
def test_f21_a_report_that_was_changed_is_named(published: World, change: Any) -> None:
    assert "reports_are_as_written" in forge_report(published, change, with_hash=False)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (more_matched, ["report_equals_books", "reports_are_in_the_audit_trail"]),
        (moved_between_villages, ["reports_are_in_the_audit_trail"]),
        (a_donor_more, ["reports_are_in_the_audit_trail"]),
        (one_sum_only, ["report_equals_books", "reports_add_up", "reports_are_in_the_audit_trail"]),
        (another_head, ["published_heads_are_in_the_chain", "reports_are_in_the_audit_trail"]),
    ],
)
def test_f21_a_forged_report_with_a_new_hash_contradicts_the_books_and_the_chain(
    published: World, change: Any, named: list[str]
) -> None:
    assert forge_report(published, change, with_hash=True) == named


def test_f21_a_report_or_notice_that_was_deleted_is_named(published: World) -> None:
    assert plant(published, "DELETE FROM public_notice") == ["notices_are_as_published"]
    assert plant(published, "DELETE FROM closing_report") == [
        "notices_are_as_published",
        "reports_are_in_the_audit_trail",
    ]


def test_f21_money_moved_before_the_mark_is_not_what_the_report_says(published: World) -> None:
    assert "report_equals_books" in plant(
        published, "UPDATE closing_report SET ledger_mark = ledger_mark - 1, report = report || "
        "jsonb_build_object('ledger_mark', ledger_mark - 1)"
    )  # fmt: skip


def test_f21_the_head_of_the_chain_is_published_with_the_report(published: World) -> None:
    campaign = published.do(find_campaign, published.slug)
    shown = published.do(report, campaign.id)["audit"]
    assert shown["block"] > 0 and len(shown["hash"]) == 64
    assert published.do(head).block > shown["block"], "the report itself is in a later block"


def test_f21_a_chain_that_was_rebuilt_behind_a_published_head_is_named(published: World) -> None:
    """Somebody changes an entry and computes all blocks anew: only what was published gives them away."""
    assert plant(
        published,
        "DELETE FROM audit_block",
        "UPDATE audit_entry SET actor = 'somebody else' WHERE id = 1",
    ) == ["published_heads_are_in_the_chain"]
    seal(published.deps)
    assert {fault.split(":")[0] for fault in faults(published)} == {"published_heads_are_in_the_chain"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE provider_line SET amount_minor = -8 WHERE line_id = 'L-2'",
        "UPDATE provider_line SET fee_minor = 1 WHERE line_id = 'L-2'",
        "UPDATE provider_line SET occurred_at = occurred_at + interval '1 day' WHERE line_id = 'L-1'",
        "UPDATE provider_line SET source_id = 'g-2' WHERE line_id = 'L-1'",
        "UPDATE provider_line SET kind = 'payout' WHERE line_id = 'L-2'",
        "UPDATE provider_line SET line_id = 'L-9' WHERE line_id = 'L-1'",
        "UPDATE provider_line SET currency = 'USD' WHERE line_id = 'L-1'",
        "UPDATE provider_line SET provider = 'partner:other' WHERE line_id = 'L-2'",
        "DELETE FROM provider_line WHERE line_id = 'L-2'",
        """INSERT INTO provider_line (id, provider, kind, line_id, source_id, amount_minor, fee_minor, currency,
                                      occurred_at, fetched_at)
           OVERRIDING SYSTEM VALUE
           SELECT -1, provider, kind, 'L-3', source_id, 0, 0, currency, occurred_at, fetched_at
             FROM provider_line WHERE line_id = 'L-1'""",
    ],
)
def test_f21_a_line_of_a_bill_that_was_changed_is_named(published: World, statement: str) -> None:
    assert "lines_are_as_sealed" in plant(published, statement)


BANK_LINES = """INSERT INTO bank_line (account, statement, line_id, booked_on, valued_on, amount_minor, currency,
                                       reference, reversal, payments, is_fee, imported_at)
                SELECT '6222', '2026-251', 'N' || n, DATE '2026-09-08', DATE '2026-09-08', 100 * n, 'CNY', 'R' || n,
                       false, 1, false, now() FROM generate_series(1, 2) AS n"""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE bank_line SET amount_minor = amount_minor + 1 WHERE line_id = 'N2'",
        "UPDATE bank_line SET reference = 'R2' WHERE line_id = 'N1'",
        "UPDATE bank_line SET valued_on = valued_on + 1 WHERE line_id = 'N1'",
        "UPDATE bank_line SET is_fee = true WHERE line_id = 'N2'",
        "DELETE FROM bank_line WHERE line_id = 'N2'",
    ],
)
def test_f21_a_line_of_the_bank_that_was_changed_is_named(published: World, statement: str) -> None:
    published.do(lambda tx: tx.run(BANK_LINES))
    assert seal(published.deps) > 0
    assert "bank_lines_are_as_sealed" not in {fault.split(":")[0] for fault in faults(published)}
    assert "bank_lines_are_as_sealed" in plant(published, statement)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("""UPDATE pot_rules SET rules = rules || '{"ratio_bps": 5000}'""", "rules_are_as_sealed"),
        ("UPDATE pot_rules SET valid_from = valid_from + interval '1 hour'", "rules_are_as_sealed"),
        ("UPDATE fund_entry SET reason = 'another'", "deposits_are_as_sealed"),
        ("UPDATE fund_entry SET actor = 'another'", "deposits_are_as_sealed"),
        ("UPDATE fund_entry SET booked_at = booked_at - interval '1 day'", "deposits_are_as_sealed"),
        ("UPDATE fund_entry SET reference = 'another'", "deposits_are_as_sealed"),
        (
            "UPDATE donation SET currency = 'USD' WHERE id IN (SELECT id FROM donation LIMIT 1)",
            "donations_are_in_our_currency",
        ),
        ("UPDATE provider_line SET corrects = 'nothing' WHERE line_id = 'L-2'", "corrections_name_a_line"),
    ],
)
def test_f21_rules_deposits_currency_and_corrections_that_were_changed_are_named(
    published: World, statement: str, named: str
) -> None:
    assert named not in {fault.split(":")[0] for fault in faults(published)}
    assert named in plant(published, statement)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        # One who gave twice becomes two.
        (
            "UPDATE donation SET donor_key = 'm:forged' WHERE id = (SELECT id FROM donation WHERE project_id = 1"
            " AND donor_key LIKE 'm:%')",
            "donors_have_their_donations",
        ),
        # Two who gave once change places: every count stays.
        (
            """UPDATE donation d SET donor_key = o.donor_key FROM donation o
                WHERE o.id <> d.id AND d.provider NOT LIKE 'partner:%' AND o.provider NOT LIKE 'partner:%'
                  AND d.project_id = 2 AND o.project_id = 2 AND d.donor_key <> o.donor_key""",
            "donor_keys_agree",
        ),
        ("UPDATE campaign_donor SET donations = donations + 1", "donors_have_their_donations"),
        ("UPDATE reservation SET donor_key = 'm:forged'", "donor_keys_agree"),
        ("UPDATE donation_contact SET donor_key = 'm:forged'", "donor_keys_agree"),
        ("UPDATE person_key SET donor_key = 'm:forged'", "donor_keys_agree"),
    ],
)
def test_f21_the_key_of_a_donor_that_was_changed_is_named(published: World, statement: str, named: str) -> None:
    assert named in plant(published, statement)
