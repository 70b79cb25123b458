"""Merge a node of the network into another: what is active continues under the other node, what happened there
stays.

Projects and nodes below move with their places in the tree; matching remembers where a project was (`ProjectMove`).
"""

from typing import Any, NamedTuple

from sqlmodel import col, func, select, update

from campaigns.audit import record_audit
from campaigns.funds.models import Fund, FundGrant, FundMove
from campaigns.lifecycle.models import Campaign, CampaignEntry
from campaigns.lifecycle.phases import Phase
from campaigns.network.import_tree import lock
from campaigns.network.models import AccountLink, ApiToken, Manager, Organisation
from campaigns.network.organisations import find
from campaigns.payouts.models import PayoutPlan, PlanState, Remittance
from campaigns.projects.models import Project, ProjectMove
from campaigns.reasons import require_reason
from campaigns.screening.models import StaffKey
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, fault
from kernel.text import is_storable
from matching.models import Pot, PotRules

# In these phases a project cannot change its place: pots decide by it, and published results name it.
_RUNNING = (Phase.SCHEDULED, Phase.OPEN, Phase.ENDED, Phase.SETTLING, Phase.RECONCILING, Phase.NOTICE)
_BEFORE_PAID = (PlanState.DRAFT, PlanState.APPROVED, PlanState.SENT)


class Merged(NamedTuple):
    """How much moved from the merged node to the other one."""

    nodes: int
    projects: int
    accounts: int
    tokens: int
    funds: int
    grants: int
    staff: int


def merge_node(tx: Tx, code: str, into: str, reason: str, actor: str) -> Merged:
    """Merge a node into another of its level: it is closed, and its address leads to the other. Cannot be undone.

    Raises NotFound `organisation_unknown`, Invalid `reason_missing` and `merge_invalid`; Conflict `node_merged` for
    one that was merged before, `merge_blocked` with the running campaigns of its projects or of its host, the pots
    whose rules name it, and the payments in transit to it.
    """
    require_reason(reason)
    lock(tx)
    tx.run("LOCK TABLE campaign_entry IN SHARE MODE")  # none of its projects can enter a campaign meanwhile
    node, target = find(tx, code), find(tx, into)
    if node.merged_into is not None:
        raise Conflict("node_merged", into=node.merged_into)
    if faults := _faults(node, target):
        raise Invalid("merge_invalid", fields=faults)
    _require_unused(tx, node)
    places = _move_nodes(tx, node, target)
    projects = _move_projects(tx, node, target, places)
    merged = Merged(len(places), projects, *_follow(tx, code, into, actor))
    node.merged_into, node.closed_at = into, node.closed_at or tx.now
    tx.add(node)
    tx.session.flush()
    record_audit(
        tx, actor, "organisation.merge", f"organisation:{code}", into=into, reason=reason, **merged._asdict()
    )
    return merged


def candidates(tx: Tx, code: str, words: str = "", most: int = 30) -> list[Organisation]:
    """Return the open nodes that a node may be merged into whose name contains the words; without words, its
    neighbours. Raises NotFound `organisation_unknown`."""
    node = find(tx, code)
    like = select(Organisation).where(
        Organisation.level == node.level, Organisation.code != code, col(Organisation.closed_at).is_(None)
    )
    if len(node.lineage) > 2:
        like = like.where(col(Organisation.lineage).contains([node.lineage[1]]))
    if words and is_storable(words):
        like = like.where(col(Organisation.name).contains(words, autoescape=True))
    else:
        like = like.where(Organisation.parent_code == node.parent_code)
    return tx.all(like.order_by(Organisation.code).limit(most))


def _faults(node: Organisation, target: Organisation) -> dict[str, Fault]:
    if node.code == target.code:
        return {"into": fault("same_node")}
    if target.closed_at is not None:
        return {"into": fault("organisation_closed")}
    if node.level != target.level or node.parent_code is None:
        return {"into": fault("other_level")}
    if node.lineage[1:2] != target.lineage[1:2] and len(node.lineage) > 2:
        return {"into": fault("other_county")}
    return {}


def _require_unused(tx: Tx, node: Organisation) -> None:
    own = select(Project.id).where(col(Project.lineage).contains([node.code]))
    running = select(Campaign.slug).where(col(Campaign.phase).in_(_RUNNING))
    entered = select(CampaignEntry.campaign_id).where(col(CampaignEntry.project_id).in_(own))
    campaigns = {
        *tx.all(running.where(col(Campaign.id).in_(entered))),
        *tx.all(running.where(Campaign.host_code == node.code)),
    }
    planned = (
        select(func.count())
        .select_from(Remittance)
        .join(PayoutPlan, col(PayoutPlan.id) == Remittance.plan_id)
        .where(Remittance.organisation_code == node.code, col(PayoutPlan.state).in_(_BEFORE_PAID))
    )
    pots, payments = _pots_naming(tx, node.code), tx.all(planned)[0]
    if campaigns or pots or payments:
        names = sorted(campaigns)
        raise Conflict("merge_blocked", campaigns=names or ["—"], pots=pots or ["—"], payments=payments)


def _pots_naming(tx: Tx, code: str) -> list[str]:
    """Return the names of pots of unfinished campaigns whose newest rules name a node."""
    over = (Phase.RELEASED, Phase.ARCHIVED, Phase.CANCELLED)
    rows = tx.all(
        select(Pot, PotRules)
        .join(PotRules, col(PotRules.pot_id) == Pot.id)
        .join(Campaign, col(Campaign.id) == Pot.campaign_id)
        .where(col(Campaign.phase).not_in(over))
        .order_by(col(PotRules.version))
    )
    newest = {pot.id: (pot.name, rules.rules) for pot, rules in rows}
    return sorted(name for name, rules in newest.values() if code in rules.get("scope", {}).get("under", ()))


def _move_nodes(tx: Tx, node: Organisation, target: Organisation) -> dict[str, list[str]]:
    """Move the nodes below to the target; return code -> lineage of each."""
    below = tx.all(
        select(Organisation).where(col(Organisation.lineage).contains([node.code]), Organisation.code != node.code)
    )
    for each in below:
        each.lineage = [*target.lineage, *each.lineage[len(node.lineage) :]]
        if each.parent_code == node.code:
            each.parent_code = target.code
    tx.add_all(below)
    return {each.code: each.lineage for each in below}


def _move_projects(tx: Tx, node: Organisation, target: Organisation, places: dict[str, list[str]]) -> int:
    within = select(Project).where(col(Project.lineage).contains([node.code]))
    projects = tx.all(within.order_by(col(Project.id)).with_for_update())
    for project in projects:
        tx.add(ProjectMove(project_id=project.id or 0, lineage=project.lineage, moved_at=tx.now))
        if project.organisation_code == node.code:
            project.organisation_code = target.code
        project.lineage = places.get(project.organisation_code, list(target.lineage))
        project.county_code, project.township_code = (*project.lineage[1:3], "", "")[:2]
    tx.add_all(projects)
    return len(projects)


def _follow(tx: Tx, code: str, into: str, actor: str) -> tuple[int, int, int, int, int]:
    """Move people, programs, funds, grants and staff contacts to the target; return how many of each."""
    accounts = _repoint(tx, Manager, col(Manager.branch_code), code, into)
    _repoint(tx, AccountLink, col(AccountLink.branch_code), code, into)
    tokens = _repoint(tx, ApiToken, col(ApiToken.branch_code), code, into)
    funds = _move_funds(tx, code, into)
    grants = tx.all(_live_grants(code))
    known = {grant.fund_id for grant in tx.all(_live_grants(into))}
    for grant in grants:
        if grant.fund_id in known:
            grant.revoked_at, grant.revoked_by = tx.now, actor
        else:
            grant.organisation_code = into
    staff = tx.all(select(StaffKey).where(StaffKey.organisation_code == code))
    listed = set(tx.all(select(StaffKey.donor_key).where(StaffKey.organisation_code == into)))
    for key in staff:
        if key.donor_key in listed:
            tx.session.delete(key)
        else:
            key.organisation_code = into
    tx.session.flush()
    return accounts, tokens, funds, len(grants), len(staff)


def _move_funds(tx: Tx, code: str, into: str) -> int:
    funds = tx.all(select(Fund).where(Fund.organisation_code == code))
    tx.add_all([FundMove(fund_id=fund.id or 0, organisation_code=code, moved_at=tx.now) for fund in funds])
    return _repoint(tx, Fund, col(Fund.organisation_code), code, into)


def _live_grants(code: str) -> Any:
    return select(FundGrant).where(FundGrant.organisation_code == code, col(FundGrant.revoked_at).is_(None))


def _repoint(tx: Tx, model: Any, column: Any, code: str, into: str) -> int:
    tx.flush()
    result = tx.session.execute(update(model).where(column == code).values({column.key: into}))
    return int(result.rowcount)  # type: ignore[attr-defined]
