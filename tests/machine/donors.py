"""What donors, their provider and partner platforms do."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from campaigns.donations.expire import cancel, expire, keep_alive
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
        total = max(donation.amount * share // 100, 1)
        if donation.id in self.partner_ids:
            self._partner_refund(self.partner_ids[donation.id], total)
        else:
            self.tell("charge.refunded", self.world.charge(donation.id, total))
        self.model.refund(donation.id, total)

    def _partner_refund(self, name: str, total: int) -> None:
        event = f"refund-{next(self.numbers)}"
        partner.tell(self.world, PARTNER, name, total, kind="refunded", event_id=event)
        self.world.settle()

    @precondition(lambda self: self.model.donations)
    @rule(n=which)
    def refund_all(self, n: int) -> None:
        self.refund_a_part(n, 100)

    @precondition(lambda self: self.ids)
    @rule(n=which, kind=st.sampled_from(["open", "open", "won", "lost"]))
    def dispute(self, n: int, kind: str) -> None:
        donation = self.donation(n)
        self.world.dispute(donation.id, None if kind == "open" else kind)
        self.world.settle()
        self.model.dispute(donation.id, kind)


def _rest(command: tuple[int, int, str, bool], id_: UUID) -> tuple[Any, ...]:
    _, project, donor, accept = command
    return project, donor or str(id_), accept
