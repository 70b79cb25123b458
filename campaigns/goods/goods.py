"""Goods received for a project: entered with their value, confirmed by a second person, and handed out."""

from datetime import date
from typing import Any, NamedTuple

from sqlmodel import col, func, or_, select

from campaigns.audit import changed, record_audit
from campaigns.goods.models import Goods, GoodsBasis, GoodsHandout, GoodsState
from campaigns.projects.models import Project
from campaigns.projects.transitions import lock_project
from campaigns.reasons import require_one_line_reason
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.money import amount_fault
from kernel.text import text_fault

MOST = {"name": 60, "unit": 20, "valued_by": 60, "document": 200}
MOST_GIVER, MOST_RECIPIENT, MOST_EVIDENCE = 100, 100, 200
MOST_QUANTITY = 1_000_000_000
_SHOWN_IN_TRAIL = ("quantity", "value_minor", "basis")


class NewGoods(NamedTuple):
    """Goods as entered. An empty organisation means the project's own. `value_minor` is their total value, in
    fen."""

    name: str
    quantity: int
    unit: str
    value_minor: int
    basis: str
    valued_by: str
    document: str
    received_on: date
    giver: str = ""
    organisation_code: str = ""


class NewHandout(NamedTuple):
    """A handout: how many units, to whom, when, and where the evidence is kept."""

    quantity: int
    recipient: str
    handed_on: date
    evidence: str


def enter(tx: Tx, project_id: int, new: NewGoods, actor: str) -> Goods:
    """Enter goods that a project received. They count nowhere until a second person has confirmed their value.

    Raises NotFound `project_unknown`, Invalid `goods_invalid`.
    """
    new = _required(tx, lock_project(tx, project_id), new)
    row = tx.add(
        Goods(
            project_id=project_id,
            **new._asdict(),
            state=GoodsState.ENTERED,
            entered_by=actor,
            entered_at=tx.now,
        )
    )
    record_audit(tx, actor, "goods.enter", f"goods:{row.id}", project=project_id, value_minor=new.value_minor)
    return row


def correct(tx: Tx, goods_id: int, new: NewGoods, actor: str) -> Goods:
    """Correct goods whose value is not confirmed. Raises as `enter`, NotFound `goods_unknown`, Conflict
    `goods_state`, and `goods_short` when more was already handed out."""
    row = _in_state(tx, goods_id, GoodsState.ENTERED)
    new = _required(tx, lock_project(tx, row.project_id), new)
    if new.quantity < handed_out(tx, goods_id):
        raise Conflict("goods_short", quantity=new.quantity, handed_out=handed_out(tx, goods_id))
    before, after = ({name: getattr(side, name) for name in _SHOWN_IN_TRAIL} for side in (row, new))
    for name, value in new._asdict().items():
        setattr(row, name, value)
    record_audit(tx, actor, "goods.correct", f"goods:{goods_id}", **changed(before, after))
    return tx.add(row)


def confirm(tx: Tx, goods_id: int, actor: str) -> Goods:
    """Confirm the value of goods, so that they are published beside the money. A manager who entered or corrected
    them may not confirm them (`campaigns.approvals.acts`). Raises NotFound `goods_unknown`, Conflict
    `goods_state`."""
    row = _in_state(tx, goods_id, GoodsState.ENTERED)
    row.state, row.reason, row.decided_by, row.decided_at = GoodsState.CONFIRMED, "", actor, tx.now
    record_audit(tx, actor, "goods.confirm", f"goods:{goods_id}", value_minor=row.value_minor)
    return tx.add(row)


def reopen(tx: Tx, goods_id: int, reason: str, actor: str) -> Goods:
    """Revoke a confirmation, so that the goods can be corrected. Raises NotFound `goods_unknown`, Conflict
    `goods_state`, Invalid `reason_invalid`."""
    require_one_line_reason(reason)
    row = _in_state(tx, goods_id, GoodsState.CONFIRMED)
    row.state, row.reason, row.decided_by, row.decided_at = GoodsState.ENTERED, reason, "", None
    record_audit(tx, actor, "goods.reopen", f"goods:{goods_id}", reason=reason)
    return tx.add(row)


def withdraw(tx: Tx, goods_id: int, reason: str, actor: str) -> Goods:
    """Withdraw goods that were entered by mistake. Raises as `reopen`, and Conflict `goods_handed_out` when some
    were already handed out."""
    require_one_line_reason(reason)
    row = _in_state(tx, goods_id, GoodsState.ENTERED)
    if handed_out(tx, goods_id):
        raise Conflict("goods_handed_out")
    row.state, row.reason, row.decided_by, row.decided_at = GoodsState.WITHDRAWN, reason, actor, tx.now
    record_audit(tx, actor, "goods.withdraw", f"goods:{goods_id}", reason=reason)
    return tx.add(row)


def hand_out(tx: Tx, goods_id: int, new: NewHandout, actor: str) -> GoodsHandout:
    """Record a handout of some of the goods. Raises NotFound `goods_unknown`, Conflict `goods_state` and
    `goods_short` (fewer are left), Invalid `handout_invalid`."""
    row = _in_state(tx, goods_id, GoodsState.ENTERED, GoodsState.CONFIRMED)
    if faults := _handout_faults(row, new, local_day(tx.now)):
        raise Invalid("handout_invalid", fields=faults)
    if new.quantity + (before := handed_out(tx, goods_id)) > row.quantity:
        raise Conflict("goods_short", quantity=row.quantity, handed_out=before)
    handout = tx.add(GoodsHandout(goods_id=goods_id, **new._asdict(), actor=actor, at=tx.now))
    record_audit(tx, actor, "goods.hand_out", f"goods:{goods_id}", quantity=new.quantity)
    return handout


def correct_handout(tx: Tx, goods_id: int, handout_id: int, quantity: int, reason: str, actor: str) -> GoodsHandout:
    """Correct a handout to the actual number of units (0: none) by another entry, which names it and the reason.

    Raises NotFound `goods_unknown` and `handout_unknown`, Conflict `goods_state`, `goods_short` and
    `handout_unchanged`, Invalid `reason_invalid` and `handout_invalid`.
    """
    require_one_line_reason(reason)
    row = _in_state(tx, goods_id, GoodsState.ENTERED, GoodsState.CONFIRMED)
    original = tx.get(GoodsHandout, handout_id)
    if original is None or original.goods_id != goods_id or original.corrects_id is not None:
        raise NotFound("handout_unknown")
    if not 0 <= quantity <= MOST_QUANTITY:
        raise Invalid("handout_invalid", fields={"quantity": fault("not_a_number")})
    before, others = handout_now(tx, handout_id), handed_out(tx, goods_id)
    if quantity == before:
        raise Conflict("handout_unchanged", quantity=quantity)
    if others - before + quantity > row.quantity:
        raise Conflict("goods_short", quantity=row.quantity, handed_out=others)
    entry = tx.add(
        GoodsHandout(
            goods_id=goods_id,
            quantity=quantity - before,
            recipient=original.recipient,
            handed_on=original.handed_on,
            evidence=original.evidence,
            corrects_id=handout_id,
            reason=reason,
            actor=actor,
            at=tx.now,
        )
    )
    shown = changed({"quantity": before}, {"quantity": quantity})
    record_audit(
        tx, actor, "goods.correct_handout", f"goods:{goods_id}", handout=handout_id, reason=reason, **shown
    )
    return entry


def handout_now(tx: Tx, handout_id: int) -> int:
    """Return the number of units of a handout after its corrections."""
    of_it = or_(GoodsHandout.id == handout_id, GoodsHandout.corrects_id == handout_id)
    total: Any = select(func.sum(GoodsHandout.quantity)).where(of_it)
    return int(tx.first(total) or 0)


def find(tx: Tx, goods_id: int, *, lock: bool = False) -> Goods:
    """Return goods. Raises NotFound `goods_unknown`."""
    row = tx.get(Goods, goods_id, lock=lock)
    if row is None:
        raise NotFound("goods_unknown")
    return row


def handed_out(tx: Tx, goods_id: int) -> int:
    """Return how many units were handed out."""
    own: Any = select(func.sum(GoodsHandout.quantity)).where(GoodsHandout.goods_id == goods_id)
    return int(tx.first(own) or 0)


def handouts_of(tx: Tx, goods_id: int) -> list[GoodsHandout]:
    """Return the handouts of some goods and their corrections, newest first. Raises NotFound `goods_unknown`."""
    find(tx, goods_id)
    own = select(GoodsHandout).where(GoodsHandout.goods_id == goods_id)
    return tx.all(own.order_by(col(GoodsHandout.handed_on).desc(), col(GoodsHandout.id).desc()))


def _in_state(tx: Tx, goods_id: int, *states: GoodsState) -> Goods:
    row = find(tx, goods_id, lock=True)
    if row.state not in states:
        raise Conflict("goods_state", state=row.state)
    return row


def _required(tx: Tx, project: Project, new: NewGoods) -> NewGoods:
    """Return the goods with the organisation that received them, or raise what is refused."""
    new = new._replace(organisation_code=new.organisation_code or project.organisation_code)
    faults: dict[str, Fault] = {}
    for name, most in MOST.items():
        if refused := text_fault(getattr(new, name), most):
            faults[name] = refused
    if new.giver and (refused := text_fault(new.giver, MOST_GIVER)):
        faults["giver"] = refused
    if refused := _quantity_fault(new.quantity):
        faults["quantity"] = refused
    if refused := amount_fault(new.value_minor):
        faults["value_minor"] = refused
    if new.basis not in tuple(GoodsBasis):
        faults["basis"] = fault("not_one_of", options=list(GoodsBasis))
    if new.received_on > local_day(tx.now):
        faults["received_on"] = fault("in_the_future")
    if new.organisation_code not in project.lineage:
        faults["organisation_code"] = fault("not_one_of", options=list(project.lineage))
    if faults:
        raise Invalid("goods_invalid", fields=faults)
    return new


def _handout_faults(row: Goods, new: NewHandout, today: date) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    if refused := _quantity_fault(new.quantity):
        faults["quantity"] = refused
    for name, most in (("recipient", MOST_RECIPIENT), ("evidence", MOST_EVIDENCE)):
        if refused := text_fault(getattr(new, name), most):
            faults[name] = refused
    if new.handed_on > today:
        faults["handed_on"] = fault("in_the_future")
    elif new.handed_on < row.received_on:
        faults["handed_on"] = fault("before_receipt")
    return faults


def _quantity_fault(quantity: int) -> Fault | None:
    return None if 0 < quantity <= MOST_QUANTITY else fault("not_a_number")
