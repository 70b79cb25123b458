"""Awards of the demo's campaigns, and its goal for the year."""

from campaigns.awards.awards import NewAward, add
from campaigns.goals.goals import NewGoal, set_goal
from kernel.clock import local_day
from kernel.db import Tx

AWARDS = (
    NewAward("爱心乡镇", "township", "donors", 3),
    NewAward("最受支持的村", "village", "raised", 3),
    NewAward("最快的村", "village", "fastest", 1, mark_minor=1_000_00),
)
GOAL = NewGoal(0, 5_000_000_00, 500_000_00, 6_000)


def honour(tx: Tx, slug: str, actor: str) -> None:
    """Add the awards to a campaign that has not ended."""
    for award in AWARDS:
        add(tx, slug, award, actor)


def aim(tx: Tx, actor: str) -> None:
    """Set this year's goal."""
    set_goal(tx, GOAL._replace(year=local_day(tx.now).year), actor)
