"""The rules of payouts: how a project's money is split, in versions, and the rules for the campaigns of a host."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, func, select

from campaigns.audit import changed, record_audit
from campaigns.lifecycle.models import Campaign
from campaigns.network.organisations import find as find_organisation
from campaigns.payouts.models import MANAGEMENT_SOURCE, Allotment, FeesFrom, PayoutRules, SplitRule, SurplusWay
from campaigns.payouts.split import Shares, shares_faults
from campaigns.projects.transitions import lock_project
from campaigns.reasons import require_one_line_reason
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, fault
from kernel.money import BPS_WHOLE
from kernel.text import text_fault
from matching.rules import LEVELS, Level

# 慈善法 第61条: the management cost of a foundation that raises money publicly is at most 10 % of its spending of
# the year. A ceiling on each project's share keeps it there; hosts of another kind set their own.
MANAGEMENT_MOST_BPS = 1_000
MOST_SOURCE = 100
CHANGEABLE = (
    "fees_from",
    "lowest_payee",
    "management_most_bps",
    "surplus_to",
    "management_year_most_bps",
    "management_source",
)


def rules_of(tx: Tx, lineage: Sequence[str]) -> PayoutRules:
    """Return the rules of the nearest organisation in a lineage that has any, or our defaults (not stored)."""
    chosen = select(PayoutRules).where(col(PayoutRules.organisation_code).in_(lineage))
    rows = {rules.organisation_code: rules for rules in tx.all(chosen)}
    for code in reversed(lineage):
        if code in rows:
            return rows[code]
    return PayoutRules(
        organisation_code="",
        fees_from=FeesFrom.HOST,
        lowest_payee=Level.COUNTY,
        management_most_bps=MANAGEMENT_MOST_BPS,
        surplus_to=SurplusWay.SAME_PURPOSE,
        management_year_most_bps=MANAGEMENT_MOST_BPS,
        management_source=MANAGEMENT_SOURCE,
    )


def rules_of_organisation(tx: Tx, code: str) -> PayoutRules:
    """Return the rules for campaigns that an organisation hosts. Raises NotFound `organisation_unknown`."""
    return rules_of(tx, find_organisation(tx, code).lineage)


def rules_of_campaign(tx: Tx, campaign: Campaign) -> PayoutRules:
    return rules_of_organisation(tx, campaign.host_code)


def set_rules(tx: Tx, code: str, changes: Mapping[str, Any], actor: str) -> PayoutRules:
    """Change the payout rules for campaigns of an organisation, and of those below it without rules of their own.

    Raises NotFound `organisation_unknown`, Invalid `payout_rules_invalid`.
    """
    before = {name: getattr(rules_of_organisation(tx, code), name) for name in CHANGEABLE}
    after = before | {name: value for name, value in changes.items() if name in CHANGEABLE}
    if faults := _rules_faults(after):
        raise Invalid("payout_rules_invalid", fields=faults)
    rules = tx.get(PayoutRules, code, lock=True) or PayoutRules(organisation_code=code, **after)
    for name, value in after.items():
        setattr(rules, name, value)
    record_audit(tx, actor, "payout.rules", f"organisation:{code}", **changed(before, after))
    return tx.add(rules)


def _rules_faults(values: Mapping[str, Any]) -> dict[str, Any]:
    faults = {}
    if values["fees_from"] not in tuple(FeesFrom):
        faults["fees_from"] = fault("not_one_of", options=list(FeesFrom))
    if values["lowest_payee"] not in LEVELS:
        faults["lowest_payee"] = fault("not_one_of", options=list(LEVELS))
    if values["surplus_to"] not in tuple(SurplusWay):
        faults["surplus_to"] = fault("not_one_of", options=list(SurplusWay))
    for name in ("management_most_bps", "management_year_most_bps"):
        if not 0 <= values[name] <= BPS_WHOLE:
            faults[name] = fault("share_out_of_range", least_share_bps=0, most_share_bps=BPS_WHOLE)
    if refused := text_fault(values["management_source"], MOST_SOURCE):
        faults["management_source"] = refused
    return faults


def set_split(
    tx: Tx, project_id: int, shares: Shares, valid_from: datetime | None, reason: str, actor: str
) -> SplitRule:
    """Add a version of how a project's money is divided.

    It applies to campaigns that open from `valid_from` on (default: now). A project's first rule applies also to
    earlier campaigns whose money is not divided yet; what was divided keeps its rule. Raises NotFound
    `project_unknown`, Invalid `split_invalid` and `reason_invalid`, Conflict `split_allotted` if money of a
    campaign that opened since `valid_from` was already divided.
    """
    require_one_line_reason(reason)
    project = lock_project(tx, project_id)
    if faults := shares_faults(shares, rules_of(tx, project.lineage).management_most_bps):
        raise Invalid("split_invalid", fields=faults)
    begins_at = valid_from or tx.now
    _require_undivided(tx, project_id, begins_at)
    rule = tx.add(
        SplitRule(
            project_id=project_id,
            **shares._asdict(),
            valid_from=begins_at,
            reason=reason,
            actor=actor,
            created_at=tx.now,
        )
    )
    detail = {**shares._asdict(), "valid_from": begins_at.isoformat(), "reason": reason}
    record_audit(tx, actor, "project.split", f"project:{project_id}", **detail)
    return rule


def _require_undivided(tx: Tx, project_id: int, begins_at: datetime) -> None:
    """Require that no campaign that opened since `begins_at` has divided the project's money. So a rule may begin
    in the past."""
    divided = select(Allotment.campaign_id).where(Allotment.project_id == project_id)
    later = select(Campaign.slug).where(col(Campaign.id).in_(divided), col(Campaign.opens_at) >= begins_at)
    if slug := tx.first(later.order_by(col(Campaign.id))):
        raise Conflict("split_allotted", campaign=slug)


def splits_of(tx: Tx, project_id: int) -> list[SplitRule]:
    """Return the versions of a project's split, newest first."""
    own = select(SplitRule).where(SplitRule.project_id == project_id)
    return tx.all(own.order_by(col(SplitRule.valid_from).desc(), col(SplitRule.id).desc()))


def splits_at(tx: Tx, moment: datetime, project_ids: Sequence[int]) -> dict[int, SplitRule]:
    """Return project id -> the rule that was valid at a moment, or the project's first rule if none was.

    Of two rules that begin at the same time, the one entered later applies.
    """
    began = col(SplitRule.valid_from) <= moment
    newest = func.row_number().over(
        partition_by=col(SplitRule.project_id),
        order_by=(
            began.desc(),
            # Rules that had begun: newest first. The others: oldest first.
            func.abs(func.extract("epoch", col(SplitRule.valid_from) - moment)),
            col(SplitRule.id).desc(),
        ),
    )
    ranked = (
        select(col(SplitRule.id).label("id"), newest.label("place"))
        .where(col(SplitRule.project_id).in_(project_ids))
        .subquery()
    )
    rules = tx.all(select(SplitRule).join(ranked, ranked.c.id == SplitRule.id).where(ranked.c.place == 1))
    return {rule.project_id: rule for rule in rules}


def shares_of(rule: SplitRule | None) -> Shares:
    return Shares(rule.project_bps, rule.township_bps, rule.management_bps) if rule else Shares()
