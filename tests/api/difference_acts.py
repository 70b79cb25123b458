"""How acts about differences are asked for in the API, above the limit of one person."""

from collections.abc import Callable

from campaigns.closing.reconciliation.import_statement import import_statement
from campaigns.closing.reconciliation.sign_off_together import groups
from campaigns.lifecycle.campaign import find_campaign
from payments.partners.partners import create as create_partner
from tests.api.approvals import LIMIT
from tests.api.client import Api, Json
from tests.world import World


def difference(world: World) -> int:
    row: int = world.do(
        lambda tx: tx.scalar(
            """INSERT INTO discrepancy (campaign_id, provider, cause, reference, ours_minor, theirs_minor,
                                        sum_minor, state, reason, actor, found_at)
               SELECT id, 'stripe', 'amount', 'x', 0, :sum, :sum, 'open', '', '', now() FROM campaign
               RETURNING id""",
            sum=LIMIT + 1,
        )
    )
    return row


def _shown(world: World, *names: str) -> Json:
    """The first group of differences, as whoever decides about it has seen it."""
    group = world.do(groups, world.do(find_campaign, world.slug).id)[0]._asdict()
    counted = {name: group[name] for name in ("differences", "stake_minor")}
    return {name: str(group[name]) for name in names} | counted | {"reason": "known"}


def _sign_off(_api: Api, world: World) -> tuple[str, Json]:
    return f"/discrepancies/{difference(world)}/sign-off", {"reason": "known"}


def _sign_off_together(_api: Api, world: World) -> tuple[str, Json]:
    difference(world)
    return f"/campaigns/{world.slug}/discrepancies/sign-off", _shown(world, "provider", "cause", "day")


def _take_second(_api: Api, world: World) -> tuple[str, Json]:
    world.do(create_partner, world.deps.keys, "teahouse", "茶馆")
    for amount_minor in (LIMIT + 1, 1_00):
        line = f"L,charge,D,{amount_minor},0,CNY,{world.clock.at.isoformat()}"
        world.do(
            import_statement,
            "teahouse",
            f"line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at\n{line}\n",
            "finance",
        )
    discrepancy = world.do(lambda tx: tx.scalar("SELECT id FROM discrepancy WHERE cause = 'contradiction'"))
    return f"/discrepancies/{discrepancy}/take-second", {"reason": "the platform was asked"}


def _take_bill(api: Api, world: World) -> tuple[str, Json]:
    _take_second(api, world)
    return f"/campaigns/{world.slug}/discrepancies/take-second", _shown(world, "provider", "day")


def _rebook(api: Api, world: World) -> tuple[str, Json]:
    path, body = _reopen(api, world)
    return path.replace("reopen", "rebook"), body | {"account": "write_offs"}


def _reopen(api: Api, world: World) -> tuple[str, Json]:
    discrepancy = difference(world)
    world.do(lambda tx: tx.run("UPDATE discrepancy SET sum_minor = 1 WHERE id = :id", id=discrepancy))
    api.manage(f"/discrepancies/{discrepancy}/sign-off", {"reason": "known"}, 200)
    world.do(
        lambda tx: tx.run(
            "UPDATE discrepancy SET booked_minor = :much WHERE id = :id", id=discrepancy, much=LIMIT + 1
        )
    )
    return f"/discrepancies/{discrepancy}/reopen", {"reason": "not known"}


DIFFERENCES: dict[str, Callable[[Api, World], tuple[str, Json]]] = {
    "discrepancy.sign_off": _sign_off,
    "discrepancies.sign_off": _sign_off_together,
    "discrepancy.rebook": _rebook,
    "discrepancy.reopen": _reopen,
    "discrepancy.take_second": _take_second,
    "discrepancies.take_second": _take_bill,
}
