"""Sign the self-check of a node after a campaign. A mistake is corrected by another form."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.lifecycle.campaign import find_campaign
from campaigns.self_checks.models import Question, SelfCheck, SelfCheckAnswer
from campaigns.self_checks.nodes import NODES, NodeCheck, node_checks, released_at
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.paging import FIRST_PAGE, Page
from kernel.text import text_fault

MOST_REMARK = 300  # characters


class Answer(NamedTuple):
    """A yes or no to a question. A no needs a remark."""

    yes: bool
    remark: str = ""


Answers = Mapping[str, Answer]


class Signed(NamedTuple):
    """A form with its answers, in the order of the questions."""

    form: SelfCheck
    answers: Answers

    @property
    def noes(self) -> int:
        """Return how many answers are no."""
        return sum(not choice.yes for choice in self.answers.values())


def sign(tx: Tx, slug: str, code: str, answers: Answers, corrects: int, actor: str) -> Signed:
    """Sign the form of a node. `corrects` is the number of the form that it corrects, 0 for the first form.

    Raises NotFound `campaign_unknown`, `self_check_unknown` when the node carries out no project of the campaign;
    Conflict `self_check_early` before the campaign's money is released, `self_check_changed` when the current form
    is not the one that this corrects; Invalid `self_check_invalid`.
    """
    campaign_id = require_node(tx, slug, code)
    if released_at(tx, campaign_id) is None:
        raise Conflict("self_check_early")
    _require_valid(answers)
    tx.lock_name(f"self_check:{campaign_id}:{code}")
    before = forms_of(tx, campaign_id, code)
    last = before[0].form.number if before else 0
    if corrects != last:
        raise Conflict("self_check_changed", number=last)
    form = tx.add(
        SelfCheck(campaign_id=campaign_id, organisation_code=code, number=last + 1, actor=actor, signed_at=tx.now)
    )
    rows = (SelfCheckAnswer(check_id=form.id or 0, question=key, **answers[key]._asdict()) for key in Question)
    tx.add_all(rows)
    signed = Signed(form, answers)
    about = {"campaign": slug, "node": code, "noes": signed.noes}
    record_audit(tx, actor, "self_check.sign", f"self_check:{form.id}", **about)
    return signed


def require_node(tx: Tx, slug: str, code: str) -> int:
    """Return the id of a campaign in which a node carries out projects. Raises as `sign`."""
    campaign_id = find_campaign(tx, slug).id or 0
    if tx.first(select(NODES.c.code).where(NODES.c.campaign_id == campaign_id, NODES.c.code == code)) is None:
        raise NotFound("self_check_unknown")
    return campaign_id


def forms_of(tx: Tx, campaign_id: int, code: str) -> list[Signed]:
    """Return the forms of a node, the current one first."""
    own = select(SelfCheck).where(SelfCheck.campaign_id == campaign_id, SelfCheck.organisation_code == code)
    return with_answers(tx, tx.all(own.order_by(col(SelfCheck.number).desc())))


def with_answers(tx: Tx, forms: list[SelfCheck]) -> list[Signed]:
    """Return forms with their answers, with one query."""
    ids = [form.id for form in forms]
    rows = tx.all(select(SelfCheckAnswer).where(col(SelfCheckAnswer.check_id).in_(ids)))
    by_key = {(row.check_id, row.question): Answer(row.yes, row.remark) for row in rows}
    return [Signed(form, {key: by_key[form.id or 0, key] for key in Question}) for form in forms]


def node_forms(
    tx: Tx, branch: str | None, slug: str = "", page: Page = FIRST_PAGE
) -> tuple[list[tuple[NodeCheck, Signed | None]], int]:
    """Return one page of `node_checks` with the current form of each, and how many there are."""
    lines, total = node_checks(tx, branch, slug, page)
    signed = {form.form.id: form for form in with_answers(tx, [line.form for line in lines if line.form])}
    return [(line, signed[line.form.id] if line.form else None) for line in lines], total


def _require_valid(answers: Answers) -> None:
    faults: dict[str, Fault] = {}
    for key in Question:
        choice = answers.get(key)
        if choice is None:
            faults[key] = fault("required")
        elif (choice.remark or not choice.yes) and (refused := text_fault(choice.remark, MOST_REMARK)):
            faults[key] = refused
    if faults:
        raise Invalid("self_check_invalid", fields=faults)
