"""Deciding cases together, shared by API and console: cases of the caller's branch that they did not open
manually."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import g

from app.duties import needs_second
from app.http import scope
from campaigns.network.roles import Permission, require
from campaigns.screening.case_bursts import open_ids
from campaigns.screening.cases import find_case
from campaigns.screening.decide import Decision
from campaigns.screening.decide_together import BATCH, decide_batch
from campaigns.screening.freeze import PROJECT_FROZEN
from campaigns.screening.open_manually import BY_HAND
from kernel.db import Tx

_ACTS: dict[Decision, str] = {"released": "case.release", "cancelled": "case.cancel"}


class Together(NamedTuple):
    """`decided`: how many cases were decided; `own`: how many wait for another reviewer because the caller opened
    them manually."""

    decided: int
    own: int


def decide_together(tx: Tx, campaign_id: int, ids: Sequence[int], decision: Decision, reason: str) -> Together:
    """Decide up to a batch of open cases of a campaign with one reason. Idempotent.

    Raises Forbidden `not_permitted`, and as `campaigns.screening.decide_together`.
    """
    require(g.caller, Permission.SCREEN)
    chosen = open_ids(tx, campaign_id, ids[:BATCH], scope.branch())
    own = {case_id for case_id in chosen if _is_own(tx, case_id, decision)}
    done = decide_batch(tx, [case_id for case_id in chosen if case_id not in own], decision, reason, g.caller.name)
    return Together(done, len(own))


def _is_own(tx: Tx, case_id: int, decision: Decision) -> bool:
    """Return whether the caller opened a case manually, so that another reviewer must decide it."""
    codes = {signal["code"] for signal in find_case(tx, case_id).signals}
    return bool(codes & {PROJECT_FROZEN, BY_HAND}) and needs_second(tx, _ACTS[decision], case_id)
