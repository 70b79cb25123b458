"""Problems that block the closing of a campaign. They are stored until a run of its steps succeeds, for its
managers to read."""

from campaigns.closing.models import ClosingProblem
from campaigns.dependencies import Dependencies
from kernel.db import Tx

STEP_FAILED = "step_failed"
STATEMENT_UNAVAILABLE = "statement_unavailable"


class StatementUnavailable(Exception):
    """The provider's statement could not be read. The campaign waits; the run does not count as failed."""


def record_problem(deps: Dependencies, campaign_id: int, code: str, detail: str = "") -> None:
    """Record that a step of a campaign failed. `detail` holds nothing personal."""
    with deps.db.transaction() as tx:
        tx.run(
            """INSERT INTO closing_problem AS p (campaign_id, phase, code, detail, times, first_at, last_at)
               SELECT id, phase, :code, :detail, 1, :now, :now FROM campaign WHERE id = :campaign
               ON CONFLICT (campaign_id) DO UPDATE
                  SET phase = excluded.phase, code = excluded.code, detail = excluded.detail,
                      times = p.times + 1, last_at = excluded.last_at""",
            campaign=campaign_id,
            code=code,
            detail=detail,
            now=tx.now,
        )


def clear_problem(deps: Dependencies, campaign_id: int) -> None:
    """Delete the problem of a campaign whose steps succeeded."""
    with deps.db.transaction() as tx:
        tx.run("DELETE FROM closing_problem WHERE campaign_id = :campaign", campaign=campaign_id)


def find_problem(tx: Tx, campaign_id: int) -> ClosingProblem | None:
    """Return the problem of the last run of a campaign's steps; None if it succeeded."""
    return tx.get(ClosingProblem, campaign_id)
