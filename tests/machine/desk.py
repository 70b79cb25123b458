"""Money that is not the donation's: second payments on the desk, and refunds that fail before they take effect."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from campaigns.desks import payment_desk
from tests.machine.base import Base
from tests.machine.strategies import which
from tests.world import ACTOR

REASON = "与捐赠人核实"
RESERVATION_S = 15 * 60


class Desk(Base):
    """What lies on the desk changes no donation, until an operator attaches it to one."""

    def _paid(self) -> list[int]:
        return [n for n, id_ in enumerate(self.ids) if self.model.donations[id_].paid_at is not None]

    def _second_payment(self, n: int, amount: int) -> int:
        """The donor of a paid donation pays once more; return the payment on the desk."""
        donation = self.donation(self._paid()[n % len(self._paid())])
        name = f"{donation.id.hex}_{next(self.numbers)}"
        body = {"id": f"pi_{name}", "latest_charge": f"ch_{name}", "amount": amount, "amount_received": amount}
        self.tell("payment_intent.succeeded", self.world.intent(donation.id, **body))
        return int(self.world.do(lambda tx: tx.scalar("SELECT max(id) FROM payment_exception")))

    @precondition(lambda self: self._paid())
    @rule(n=which, amount=st.integers(1_00, 150_00), end=st.sampled_from(["dismissed", "refunded", "left"]))
    def pays_twice(self, n: int, amount: int, end: str) -> None:
        payment = self._second_payment(n, amount)
        take = (payment_desk.take, payment, REASON, ACTOR, RESERVATION_S)
        assert self.refused(self.world.do, *take) == "donation_not_unpaid"
        if end == "dismissed":
            self.world.do(payment_desk.dismiss, payment, REASON, ACTOR)
        if end == "refunded":
            intent = self.world.do(payment_desk.find, payment).payment_intent
            refund = {"id": f"re_{intent}", "object": "refund", "amount": amount, "currency": "cny"}
            self.tell("refund.created", refund | {"payment_intent": intent, "charge": None, "status": "succeeded"})
            assert self.world.do(payment_desk.find, payment).state == "refunded"

    @precondition(lambda self: self._paid())
    @rule(n=which, m=which)
    def a_second_payment_is_attached(self, n: int, m: int) -> None:
        """To another donation, of that amount, if it is not paid."""
        other = self.donation(m)
        if other.disputes:
            return  # they speak of a payment that is none of it then
        payment = self._second_payment(n, other.amount)
        at = self.world.clock.at.replace(microsecond=0)
        attach = (payment_desk.attach, payment, other.id, REASON, ACTOR, RESERVATION_S)
        if other.paid_at is not None:
            assert self.refused(self.world.do, *attach) == "donation_not_unpaid"
            return
        self.world.do(*attach)
        self.model.pay(other.id, at)
        self.ids.remove(other.id)  # what its own payment does would lie on the desk

    @precondition(lambda self: self._paid())
    @rule(n=which, share=st.integers(1, 100), states=st.permutations(["pending", "succeeded", "failed"]))
    def a_refund_fails(self, n: int, share: int, states: list[str]) -> None:
        """Told in any order and taken in at once, it changes nothing."""
        donation = self.donation(self._paid()[n % len(self._paid())])
        self.wait(1)
        refund = {
            "id": f"re_{next(self.numbers)}",
            "object": "refund",
            "amount": max(donation.amount * share // 100, 1),
            "currency": "cny",
            "payment_intent": f"pi_{donation.id.hex}",
            "charge": f"ch_{donation.id.hex}",
            "created": int(self.world.clock.at.timestamp()),
        }
        for state in states:
            self.world.tell("refund.updated", refund | {"status": state})
        self.world.settle()
        self.wait(1)  # a total of the same second would still hold it
        self.wait(1)
