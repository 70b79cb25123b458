"""A day of donations for simulating a campaign's pots: typed line by line, or generated, always with the same
result."""

from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.lifecycle.entries import entries
from campaigns.lifecycle.models import Campaign, CampaignEntry
from campaigns.projects.models import Project
from kernel.db import Tx
from kernel.errors import Fault, Invalid, fault
from kernel.human_input import Unreadable, read_amount, read_moment
from matching.rules import Target
from matching.simulate import Gift

MOST_GIFTS = 10_000
GIFTS, AVERAGE_MINOR = 2_000, 60_00  # our default
# Typical amounts in yuan and their frequency: the shape of a giving day, scaled to the requested average.
_USUAL = ((10, 30), (20, 20), (50, 20), (100, 18), (200, 7), (500, 3), (1_000, 1.5), (5_000, 0.5))
_AVERAGE = sum(yuan * often for yuan, often in _USUAL) / sum(often for _, often in _USUAL)


class Day(NamedTuple):
    """The size of a generated day: the number of donations, and the average donation in fen."""

    gifts: int
    average_minor: int


def projects_of(tx: Tx, campaign: Campaign) -> dict[str, Target]:
    """Return project code -> target for the projects of a campaign. Raises Invalid `simulation_invalid` if it has
    none."""
    ids = tx.all(select(CampaignEntry.project_id).where(CampaignEntry.campaign_id == campaign.id))
    targets = {key[1]: entry.target for key, entry in entries(tx, [(campaign.id or 0, id_) for id_ in ids]).items()}
    if not targets:
        raise Invalid("simulation_invalid", fields={"entries": fault("no_project")})
    codes = tx.all(select(Project.id, Project.code).where(col(Project.id).in_(targets)))
    return {code: targets[id_] for id_, code in codes if id_ is not None}


def made_day(campaign: Campaign, targets: Mapping[str, Target], day: Day) -> list[Gift]:
    """Generate a pseudo-random day: many donations near the beginning and the end, and about four donors per five
    donations."""
    random = Random(20_260_909)  # noqa: S311 - nothing depends on it that must not be guessed
    lasts_s = (campaign.ends_at - campaign.opens_at).total_seconds()
    places, scale = list(targets.values()), day.average_minor / _AVERAGE
    amounts, weights = zip(*_USUAL, strict=True)
    return [
        Gift(
            campaign.opens_at + timedelta(seconds=lasts_s * random.betavariate(0.7, 0.9)),
            max(int(random.choices(amounts, weights)[0] * scale), 1),
            random.choice(places),
            f"donor {random.randrange(day.gifts * 4 // 5 + 1)}",
        )
        for _ in range(day.gifts)
    ]


def default_day(count: int | None, average_minor: int | None) -> Day:
    """Return the size of a day, with our defaults for missing values, within the limits."""
    return Day(min(max(count or GIFTS, 1), MOST_GIFTS), max(average_minor or AVERAGE_MINOR, 1_00))


def typed_day(text: str, targets: Mapping[str, Target]) -> list[Gift]:
    """Parse lines of time, amount in yuan, project code and, if several donations have the same donor, a donor.

    Values are separated by commas or tabs. Raises Invalid `simulation_invalid` with the first lines that cannot be
    read.
    """
    faults: dict[str, Fault] = {}
    gifts = []
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > MOST_GIFTS:
        raise Invalid("simulation_invalid", fields={"gifts": fault("too_many_lines", most=MOST_GIFTS)})
    for number, line in lines:
        cells = [cell.strip() for cell in line.replace("\t", ",").replace("，", ",").split(",")]
        try:
            at, amount_minor = read_moment(cells[0]).at, read_amount(cells[1] if len(cells) > 1 else "")
        except Unreadable as unreadable:
            faults[f"line {number}"] = unreadable.fault
            continue
        target = targets.get(cells[2]) if len(cells) > 2 else None
        if target is None:
            faults[f"line {number}"] = fault("unknown_project")
            continue
        gifts.append(Gift(at, amount_minor, target, cells[3] if len(cells) > 3 else "", number))
    if faults:
        raise Invalid("simulation_invalid", fields=dict(list(faults.items())[:10]))
    return gifts
