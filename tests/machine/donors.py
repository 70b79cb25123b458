"""What donors, their provider and partner platforms do."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from campaigns.closing.restore import restore_match
from campaigns.donations.unpaid.expire import cancel, expire, keep_alive
from kernel.errors import Refusal
from kernel.ids import donation_id_of
from tests.closing import partner
from tests.machine.base import Base
from tests.machine.strategies import Commands, amounts, commands, seconds, villages, which

PARTNER = "platform"


class Donors(Base):
    """Donations, payments, expiry and refunds."""

    @rule(commands=st.lists(commands, min_size=1, max_size=4))
    def create(self, commands: Commands) -> None:
        """Donors who come at the same time share a transaction; the first is served first."""
        created = []
        for amount, project, donor, accept in commands:
            id_ = UUID(int=next(self.numbers))
            self.ids.append(id_)
            email = f"{donor}@example.org" if donor else None
            created.append(self.world.command(amount, project, id=id_, email=email, accept_unmatched=accept))
        results = self.world.try_give(*created)
        due = [
            self.model.create(command.id, command.amount_minor, *_rest(drawn, command.id))
            for command, drawn in zip(created, commands, strict=True)
        ]
        assert [result.code if isinstance(result, Refusal) else None for result in results] == due
        self.ids = [id_ for id_ in self.ids if id_ in self.model.donations]

    @rule(amount=amounts, project=villages, donor=st.sampled_from(["a", "d"]), ago=seconds)
    def a_partner_reports_a_donation(self, amount: int, project: int, donor: str, ago: int) -> None:
        name, at = f"donation-{next(self.numbers)}", self.world.clock.at - timedelta(seconds=ago)
        code = partner.code_of(self.world, project)
        partner.tell(self.world, PARTNER, name, amount, at=at, project_code=code, donor={"key": donor})
        self.world.settle()
        id_ = donation_id_of(PARTNER, name)
        self.model.partner(id_, amount, project, f"{PARTNER}:{donor}", at)
        if id_ in self.model.donations:
            self.partner_ids[id_] = name

    @precondition(lambda self: self.ids)
    @rule(n=which, ago=st.one_of(st.just(0), seconds))
    def pay(self, n: int, ago: int) -> None:
        """Pay in time, late or again; the message may come later than the payment."""
        donation = self.donation(n)
        at = max(donation.pledged_at, self.world.clock.at - timedelta(seconds=ago))
        self.tell("payment_intent.succeeded", self.world.intent(donation.id), at)
        self.model.pay(donation.id, at)

    @precondition(lambda self: self.ids)
    @rule(n=which)
    def pay_now(self, n: int) -> None:
        self.pay(n, 0)

    @precondition(lambda self: self.ids)
    @rule(n=which)
    def hold_longer(self, n: int) -> None:
        donation = self.donation(n)
        assert self.refused(keep_alive, self.world.deps, donation.id) == self.model.keep_alive(donation.id)

    @precondition(lambda self: self.ids)
    @rule(n=which, type_=st.sampled_from(["processing", "payment_failed", "canceled"]))
    def the_provider_tells_of_the_payment(self, n: int, type_: str) -> None:
        donation = self.donation(n)
        self.tell(f"payment_intent.{type_}", self.world.intent(donation.id))
        if type_ == "processing":
            self.model.processing(donation.id)
        if type_ == "canceled":
            self.model.end(donation.id, "cancelled")

    @precondition(lambda self: self.ids)
    @rule(n=which)
    def the_cashier_closes(self, n: int) -> None:
        donation = self.donation(n)
        session = {"id": f"cs_{donation.id.hex}", "object": "checkout.session", "amount_total": donation.amount}
        session |= {"currency": "cny", "metadata": {"donation_id": str(donation.id)}, "payment_intent": None}
        self.tell("checkout.session.expired", session)
        self.model.end(donation.id, "expired")

    @precondition(lambda self: self.ids)
    @rule(n=which)
    def the_donor_cancels(self, n: int) -> None:
        donation = self.donation(n)
        assert self.refused(cancel, self.world.deps, donation.id) == self.model.cancel(donation.id)

    @rule(later=st.one_of(seconds, st.sampled_from([3_600, 12 * 3_600])), tick=st.booleans())
    def time_passes(self, later: int, tick: bool) -> None:
        self.wait(later)
        if tick:
            expire(self.world.deps)
            self.model.expire()

    @precondition(lambda self: self.model.donations)
    @rule(n=which, share=st.integers(1, 100))
    def refund_a_part(self, n: int, share: int) -> None:
        donation = self.any_donation(n)
        total = max(donation.amount * share // 100, donation.refund_total, 1)
        if donation.refunds:
            return
        if donation.id in self.partner_ids:
            self._partner_refund(self.partner_ids[donation.id], total)
        else:
            self.tell("charge.refunded", self.world.charge(donation.id, total))
        self.model.refund(donation.id, total)

    def _partner_refund(self, name: str, total: int, kind: str = "refunded") -> None:
        event = f"refund-{next(self.numbers)}"
        partner.tell(self.world, PARTNER, name, total, kind=kind, event_id=event)
        self.world.settle()

    @precondition(lambda self: self.model.donations)
    @rule(n=which)
    def refund_all(self, n: int) -> None:
        self.refund_a_part(n, 100)

    @precondition(lambda self: self.partner_ids)
    @rule(n=which, share=st.integers(0, 100))
    def a_partners_refund_bounces(self, n: int, share: int) -> None:
        id_ = list(self.partner_ids)[n % len(self.partner_ids)]
        total = self.model.donations[id_].refund_total * share // 100
        self.wait(1)
        self._partner_refund(self.partner_ids[id_], total, "refund_reversed")
        self.model.bounce(id_, total)

    @precondition(lambda self: self.ids)
    @rule(n=which, share=st.integers(1, 60), states=st.sampled_from(["succeeded", "succeeded failed", "failed"]))
    def a_refund_is_told_by_name(self, n: int, share: int, states: str) -> None:
        """And fails after all, perhaps when the match has gone back already."""
        donation = self.donation(n)
        if donation.refund_total or donation.paid_at is None:
            return  # what a total says of named refunds goes by the second; see tests/donations/test_reversals.py
        name, amount = f"re_{next(self.numbers)}", max(donation.amount * share // 100, 1)
        for state in states.split():
            self.wait(1)
            self.tell("refund.updated", self._refund(donation.id, name, amount, state))
            self.model.refund_by_name(donation.id, name, amount, state)

    def _refund(self, id_: UUID, name: str, amount: int, state: str) -> dict[str, Any]:
        refund = {"id": name, "object": "refund", "amount": amount, "currency": "cny", "status": state}
        created = int(self.world.clock.at.timestamp())
        return refund | {"payment_intent": f"pi_{id_.hex}", "charge": f"ch_{id_.hex}", "created": created}

    @precondition(lambda self: self.ids)
    @rule(
        n=which,
        number=st.sampled_from([1, 1, 2]),
        share=st.sampled_from([100, 100, 30]),
        state=st.sampled_from(["open", "open", "won", "lost"]),
    )
    def dispute(self, n: int, number: int, share: int, state: str) -> None:
        """One of two disputes, of all or a part."""
        donation = self.donation(n)
        name = f"dp_{donation.id.hex}_{number}"
        amount, _ = donation.disputes.get(name, (max(donation.amount * share // 100, 1), ""))
        reported = None if state == "open" else state
        self.world.dispute(donation.id, reported, id=name, amount=amount)
        self.world.settle()
        self.model.dispute(donation.id, name, amount, state)

    @rule()
    def match_is_restored(self) -> None:
        assert restore_match(self.world.deps) == self.model.restore()


def _rest(command: tuple[int, int, str, bool], id_: UUID) -> tuple[Any, ...]:
    _, project, donor, accept = command
    return project, donor or str(id_), accept
