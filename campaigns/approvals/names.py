"""Names of what requested acts are about, for the people who decide them."""

from collections.abc import Iterable, Iterator, Mapping

from sqlmodel import col, select

from campaigns.approvals.acts import ACTS
from campaigns.approvals.models import Approval
from campaigns.approvals.subject_lines import subject_lines
from campaigns.lifecycle.models import Campaign
from campaigns.payouts.models import SurplusWay
from campaigns.subject_names import subject_names
from kernel.db import Tx
from payments.partners.partners import titles_of

# The subject of an act by the kind of its resource, and its arguments that name something.
_KINDS = {
    "project_id": "project",
    "fund_id": "fund",
    "pot_id": "pot",
    "slug": "campaign",
    "name": "partner",
    "code": "organisation",
    "plan_id": "plan",
    "remittance_id": "remittance",
    "payee_id": "payee",
    "spending_id": "spending",
    "goods_id": "goods",
    "pledge_id": "pledge",
    "deposit_id": "deposit",
    "donation_id": "donation",
    "request_id": "refund_request",
    "case_id": "case",
    "exception_id": "payment_exception",
    "discrepancy_id": "discrepancy",
}
_ARGUMENTS = {"project": "project", "to_project": "project", "to_fund": "fund", "branch": "organisation"}


def approvals_in(tx: Tx, subjects: Iterable[str]) -> dict[str, Approval]:
    """Return the approvals among the subjects of audit entries (`approval:7`)."""
    ids = [int(subject.removeprefix("approval:")) for subject in subjects if subject.startswith("approval:")]
    rows = tx.all(select(Approval).where(col(Approval.id).in_(ids))) if ids else []
    return {f"approval:{row.id}": row for row in rows}


def subject_of(approval: Approval) -> str:
    """Return what an act is performed on, as `kind:key`; the kind is empty if it has no name."""
    return f"{_KINDS.get(ACTS[approval.act].kind, '')}:{approval.subject}"


def source_of(approval: Approval) -> str:
    """Return the key of whose statement a single difference is of."""
    return f"source:{approval.subject}"


def named_arguments(approval: Approval) -> dict[str, str]:
    """Return the arguments of an act that name something, as `kind:key`."""
    arguments: Mapping[str, object] = approval.arguments
    named = {name: f"{kind}:{arguments[name]}" for name, kind in _ARGUMENTS.items() if arguments.get(name)}
    if "way" in arguments:
        named["to"] = f"{'fund' if arguments['way'] == SurplusWay.FUND else 'project'}:{arguments['to']}"
    return named


def names_of(tx: Tx, approvals: Iterable[Approval]) -> dict[str, str]:
    """Return the names of what acts are about, or facts about what has no name, by `kind:key`; platforms, whose
    bills are signed off, by their title as `partner:name`; whose statement a difference is of as `source:id`."""
    keys = {key for approval in approvals for key in _keys(approval)}
    slugs = [key.removeprefix("campaign:") for key in keys if key.startswith("campaign:")]
    campaigns = tx.all(select(Campaign.slug, Campaign.name).where(col(Campaign.slug).in_(slugs))) if slugs else []
    lines = subject_lines(tx, keys)
    titles = titles_of(tx) if any(key.startswith("partner:") for key in (*keys, *lines.values())) else {}
    others = keys - {f"campaign:{slug}" for slug in slugs}
    return {
        **{f"campaign:{slug}": name for slug, name in campaigns},
        **{f"partner:{name}": title for name, title in titles.items()},
        **{subject: named.name for subject, named in subject_names(tx, others).items()},
        **lines,
    }


def _keys(approval: Approval) -> Iterator[str]:
    yield subject_of(approval)
    yield from named_arguments(approval).values()
    if subject_of(approval).startswith("discrepancy:"):
        yield source_of(approval)
    if "provider" in approval.arguments:
        yield approval.arguments["provider"]
