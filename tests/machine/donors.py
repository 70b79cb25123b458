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
from tests.machine.draws import Wishes, amounts, commands, seconds, villages, which
from tests.machine.ground import Ground

PARTNER = "platform"


class Donors(Ground):
    """Giving, paying, not paying, and money back."""

    @rule(commands=st.lists(commands, min_size=1, max_size=4))
    def give(self, commands: Wishes) -> None:
        """Donors who meet share a transaction; the first is served first."""
        asked = []
        for amount, project, donor, accept in commands:
            id_ = UUID(int=next(self.numbers))
            self.ids.append(id_)
            email = f"{donor}@example.org" if donor else None
            asked.append(self.world.command(amount, project, id=id_, email=email, accept_unmatched=accept))
        answers = self.world.try_give(*asked)
        due = [
            self.model.give(w.id, w.amount_minor, *_rest(one, w.id)) for w, one in zip(asked, commands, strict=True)
        ]
        assert [one.code if isinstance(one, Refusal) else None for one in answers] == due
        self.ids = [id_ for id_ in self.ids if id_ in self.model.gifts]

    @rule(amount=amounts, project=villages, donor=st.sampled_from(["a", "d"]), ago=seconds)
    def a_partner_tells_of_a_gift(self, amount: int, project: int, donor: str, ago: int) -> None:
        name, at = f"gift-{next(self.numbers)}", self.world.clock.at - timedelta(seconds=ago)
        code = partner.code_of(self.world, project)
        partner.tell(self.world, PARTNER, name, amount, at=at, project_code=code, donor={"key": donor})
        self.world.settle()
        id_ = donation_id_of(PARTNER, name)
        self.model.partner(id_, amount, project, f"{PARTNER}:{donor}", at)
        if id_ in self.model.gifts:
            self.theirs[id_] = name

    @precondition(lambda self: self.ids)
    @rule(n=which, ago=st.one_of(st.just(0), seconds))
    def pay(self, n: int, ago: int) -> None:
        """In time, late or again; the message may come later than the money."""
        gift = self.gift(n)
        at = max(gift.pledged_at, self.world.clock.at - timedelta(seconds=ago))
        self.tell("payment_intent.succeeded", self.world.intent(gift.id), at)
        self.model.pay(gift.id, at)

    @precondition(lambda self: self.ids)
    @rule(n=which)
    def pay_now(self, n: int) -> None:
        self.pay(n, 0)

    @precondition(lambda self: self.ids)
    @rule(n=which)
    def hold_longer(self, n: int) -> None:
        gift = self.gift(n)
        assert self.refused(keep_alive, self.world.deps, gift.id) == self.model.keep_alive(gift.id)

    @precondition(lambda self: self.ids)
    @rule(n=which, type_=st.sampled_from(["processing", "payment_failed", "canceled"]))
    def the_provider_tells_of_the_payment(self, n: int, type_: str) -> None:
        gift = self.gift(n)
        self.tell(f"payment_intent.{type_}", self.world.intent(gift.id))
        if type_ == "processing":
            self.model.processing(gift.id)
        if type_ == "canceled":
            self.model.end(gift.id, "cancelled")

    @precondition(lambda self: self.ids)
    @rule(n=which)
    def the_cashier_closes(self, n: int) -> None:
        gift = self.gift(n)
        session = {"id": f"cs_{gift.id.hex}", "object": "checkout.session", "amount_total": gift.amount}
        session |= {"currency": "cny", "metadata": {"donation_id": str(gift.id)}, "payment_intent": None}
        self.tell("checkout.session.expired", session)
        self.model.end(gift.id, "expired")

    @precondition(lambda self: self.ids)
    @rule(n=which)
    def the_donor_cancels(self, n: int) -> None:
        gift = self.gift(n)
        assert self.refused(cancel, self.world.deps, gift.id) == self.model.cancel(gift.id)

    @rule(later=st.one_of(seconds, st.sampled_from([3_600, 12 * 3_600])), tick=st.booleans())
    def time_passes(self, later: int, tick: bool) -> None:
        self.wait(later)
        if tick:
            expire(self.world.deps)
            self.model.lapse()

    @precondition(lambda self: self.model.gifts)
    @rule(n=which, share=st.integers(1, 100))
    def refund_a_part(self, n: int, share: int) -> None:
        gift = self.any_gift(n)
        total = max(gift.amount * share // 100, 1)
        if gift.id in self.theirs:
            self._their_refund(self.theirs[gift.id], total)
        else:
            self.tell("charge.refunded", self.world.charge(gift.id, total))
        self.model.refund(gift.id, total)

    def _their_refund(self, name: str, total: int) -> None:
        event = f"refund-{next(self.numbers)}"
        partner.tell(self.world, PARTNER, name, total, kind="refunded", event_id=event)
        self.world.settle()

    @precondition(lambda self: self.model.gifts)
    @rule(n=which)
    def refund_all(self, n: int) -> None:
        self.refund_a_part(n, 100)

    @precondition(lambda self: self.ids)
    @rule(n=which, kind=st.sampled_from(["open", "open", "won", "lost"]))
    def dispute(self, n: int, kind: str) -> None:
        gift = self.gift(n)
        self.world.dispute(gift.id, None if kind == "open" else kind)
        self.world.settle()
        self.model.dispute(gift.id, kind)


def _rest(command: tuple[int, int, str, bool], id_: UUID) -> tuple[Any, ...]:
    _, project, donor, accept = command
    return project, donor or str(id_), accept
