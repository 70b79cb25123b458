"""Books, providers and bank on pages and over the API: evidence of both sides, and many signed off together."""

from uuid import uuid4

import pytest
from flask import Flask

from campaigns.closing.reconciliation.import_statement import import_statement
from payments.partners import partners
from tests.api.client import Api, problem
from tests.bank.test_three_ways import at_bank, bank, differences, payouts
from tests.web.reader import Reader, text
from tests.world import World

__all__ = ["at_bank"]


@pytest.fixture
def api(app: Flask, world: World) -> Api:
    return Api(app.test_client(), world)


def test_bank_differences_are_explained_and_signed_off_together(manager: Reader, api: Api, at_bank: World) -> None:
    world = at_bank
    payouts(world, ("po_100001", 500_00, 0))
    bank(world, (490_00, "po_100001", 1), (88_00, "", 3), (12_00, "", 3))
    page = text(manager.open("/console/reconciliation"))
    assert "账单还没有导入的捐赠也在“相差”里" in page
    assert "三方对账" in page and "500.00" in page and "4100" in page and "一并签字" in page
    listed = api.call("GET", "/discrepancies?state=open", token=api.token()).get_json()
    unequal = next(row for row in listed if row["cause"] == "amount")
    evidence = api.call("GET", f"/discrepancies/{unequal['id']}", token=api.token()).get_json()
    assert [(row["side"], row["amount_minor"]) for row in evidence["evidence"]] == [
        ("ours", 500_00),
        ("theirs", 490_00),
    ]
    assert "多半是扣了费用" in evidence["suggestion"]
    shown = text(manager.open(f"/console/discrepancies/{unequal['id']}"))
    assert "stripe txn_po_100001" in shown and "490.00" in shown and "多半是扣了费用" in shown
    assert "00:00" not in shown.split("双方的记录")[1], "a bank's line has a day and no time"

    response = api.call("GET", "/reconciliation", token=api.token()).get_json()
    [side] = response["sides"]
    assert (side["provider"], side["sent_minor"], side["arrived_minor"]) == ("stripe", 500_00, 500_00)
    group = next(row for row in response["groups"] if row["cause"] == "missing_here")
    assert (group["differences"], group["sum_minor"], group["stake_minor"]) == (2, 100_00, 100_00)
    stated = {name: group[name] for name in ("provider", "cause", "day", "differences", "stake_minor")}
    changed = stated | {"stake_minor": 1, "reason": "transfers"}
    problem(api.post("/discrepancies/sign-off", changed, api.token()), 409, "differences_changed")

    path = f"/reconciliation/together/bank/missing_here/{group['day']}"
    assert "2 笔" in text(manager.open(f"/console{path}")) and "100.00" in text(manager.page.text)
    manager.send(path, verb="save", reason="两笔直接汇款，待登记")
    assert differences(world) == [("amount", "4100 B0", -10_00)]
    assert 'value="bank_charges" selected' in manager.open(f"/console/discrepancies/{unequal['id']}")
    manager.send(f"/discrepancies/{unequal['id']}/sign-off", reason="跨行费", account="bank_charges")
    manager.send(f"/discrepancies/{unequal['id']}/rebook", reason="其实是税", account="fee_taxes")
    assert "手续费税费" in text(manager.open("/console/reconciliation"))
    shown = text(manager.open(f"/console/discrepancies/{unequal['id']}"))
    assert "手续费税费 -10.00" in shown
    history = shown.split("经过")[-1]
    assert history.index("银行手续费 → 手续费税费") < history.index("跨行费") and "其实是税" in history
    assert "booked_minor" not in history
    manager.send(f"/discrepancies/{unequal['id']}/reopen", reason="再查")
    assert differences(world) == [("amount", "4100 B0", -10_00)]
    signed = differences(world, "signed_off")
    assert sorted(sum_minor for _, _, sum_minor in signed) == [12_00, 88_00]
    world.check()


def test_a_difference_links_to_its_donation_only_if_it_exists(manager: Reader, world: World) -> None:
    """A bill may name a donation that was never told: its difference has no link that ends nowhere."""
    gift, never_told = world.give(50_00).id, uuid4()
    for donation in (gift, never_told):
        world.do(
            lambda tx, donation=donation: tx.run(
                """INSERT INTO discrepancy (campaign_id, provider, cause, reference, donation_id, ours_minor,
                                            theirs_minor, state, reason, actor, found_at)
                   SELECT id, 'stripe', 'missing_here', CAST(:donation AS text), :donation, 0, 5000, 'open', '', '',
                          now() FROM campaign WHERE slug = 'day'""",
                donation=donation,
            )
        )
    page = manager.open("/console/campaigns/day/reconciliation")
    assert f"/console/donations/{gift}" in page
    assert str(never_told) in page and f"/console/donations/{never_told}" not in page


def test_a_second_bill_is_shown_beside_the_first_and_taken(manager: Reader, world: World) -> None:
    world.do(partners.create, world.deps.keys, "plat", "平台")
    for minor in (9_00, 8_00):
        line = f"L,charge,T-1,{minor},0,CNY,{world.clock.at.isoformat()}"
        head = "line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at"
        world.do(import_statement, "plat", f"{head}\n{line}\n", "finance")
    row = world.do(lambda tx: tx.scalar("SELECT id FROM discrepancy WHERE cause = 'contradiction'"))
    assert f"/console/discrepancies/{row}" in manager.open("/console/campaigns/day/reconciliation")
    shown = text(manager.open(f"/console/discrepancies/{row}"))
    assert "9.00" in shown and "8.00" in shown and "同一流水的另一种说法" in shown and "改用后一份账单" in shown
    manager.send(f"/discrepancies/{row}/take-second", reason="平台确认")
    assert "改用后一份账单" not in text(manager.open(f"/console/discrepancies/{row}"))
    world.do(import_statement, "plat", f"{head}\n{line.replace('800', '700')}\n", "finance")
    listed = manager.open("/console/campaigns/day/reconciliation")
    path = next(part for part in listed.split('"') if "/reconciliation/second/" in part)
    assert "合作平台 平台：1 条流水改以后一份账单为准" in text(manager.open(path))
    together = next(part for part in listed.split('"') if "/partner:plat/contradiction/" in part)
    assert "合作平台 平台：1 条流水以第一种说法为准" in text(manager.open(together))
    manager.open(path)
    manager.send(path.removeprefix("/console"), verb="save", reason="平台确认")
    assert "/reconciliation/second/" not in manager.open("/console/campaigns/day/reconciliation")
    world.check()
