"""A small giving day for tests, made through the use cases; the provider's messages are real event bodies.

Amounts are fen. Times come from the test's clock. What the provider would send is written into the inbox as its
webhook does it; tests that need its HTTP interface use the sandbox or the whole stack instead.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from campaigns import pots
from campaigns.check import check_books
from campaigns.closing.close import close
from campaigns.dependencies import Dependencies
from campaigns.desks.team_desk import approve_label
from campaigns.disclosure.totals import PotView, Totals, pot_views, totals
from campaigns.donations.commands import CreateDonation
from campaigns.donations.create import Created, create_donations
from campaigns.donations.donors.contact import Donor
from campaigns.donations.view import DonationView, donation_view
from campaigns.funds import deposits, funds
from campaigns.intake.process import process_inbox
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.drafts import NewCampaign, create
from campaigns.lifecycle.entries import add_entry
from campaigns.lifecycle.transitions import schedule
from campaigns.network.import_tree import import_tree
from campaigns.network.tree_file import read
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.errors import Refusal
from matching.pots import Tranche
from payments.gateway import PaymentGateway
from payments.inbox.inbox import store
from payments.messages import message
from tests.offline import offline_deps
from tests.plans import complete_plan
from tests.projects.approved import approved_project
from tests.rows import Rows, rows_of

TREE = """code,name,level,parent_code
41,洛阳市,city,
4101,栾川县,county,41
4102,嵩县,county,41
410101,庙子镇,township,4101
410201,车村镇,township,4102
41010101,蒿坪村,village,410101
41010102,黄石砭村,village,410101
41020101,天桥沟村,village,410201
"""
VILLAGES = ("41010101", "41010102", "41020101")
ACTOR, SLUG = "test", "day"


@dataclass
class World:
    """One campaign with three village projects; `pot` adds match, `give` and `pay` move money."""

    deps: Dependencies
    clock: FixedClock
    slug: str = SLUG
    projects: list[int] = field(default_factory=list)
    fund: int = 0
    _events: int = 0

    @property
    def db(self) -> Database:
        return self.deps.db

    def pot(
        self,
        amount_minor: int,
        *,
        rank: int = 1,
        ratio_bps: int = 10_000,
        scope: dict[str, Any] | None = None,
        minimum_minor: int = 0,
        mode: str = "reserve",
        tranches: list[Tranche] | None = None,
        name: str | None = None,
        **caps: int,
    ) -> int:
        """A pot of `amount_minor` that is open now (or in `tranches`); caps by their short names."""
        rules = {
            "ratio_bps": ratio_bps,
            "scope": scope or {},
            "minimum_minor": minimum_minor,
            "caps": {f"{cap}_minor": value for cap, value in caps.items()},
        }
        with self.db.transaction() as tx:
            return pots.create(
                tx,
                campaign=self.slug,
                fund=self.fund,
                name=name or f"pot of {amount_minor}",
                rank=rank,
                kind="ratio",
                mode=mode,
                rules=rules,
                tranches=tranches or [Tranche(tx.now, amount_minor)],
                actor=ACTOR,
            )

    def command(self, amount_minor: int = 100_00, project: int = 0, **other: Any) -> CreateDonation:
        """A donor's wish; `project` is the index of one of the three villages."""
        email = other.pop("email", None)
        donor = other.pop("donor", Donor(email=email) if email else Donor())
        defaults: dict[str, Any] = {"id": uuid4(), "campaign": self.slug, "accept_unmatched": True}
        return CreateDonation(
            project=self.projects[project], amount_minor=amount_minor, donor=donor, **(defaults | other)
        )

    def try_give(self, *commands: CreateDonation) -> list[Created | Refusal]:
        return create_donations(self.deps, commands)

    def give(self, amount_minor: int = 100_00, project: int = 0, **other: Any) -> DonationView:
        """A donation that waits for its payment; a refusal is raised."""
        result = self.try_give(self.command(amount_minor, project, **other))[0]
        if isinstance(result, Refusal):
            raise result
        return result.donation

    def tell(
        self, type_: str, subject: dict[str, Any], at: datetime | None = None, event_id: str | None = None
    ) -> str:
        """Store a provider's event in the inbox and return its id."""
        self._events += 1
        event_id = event_id or f"evt_{self._events}"
        body = {
            "id": event_id,
            "object": "event",
            "type": type_,
            "created": int((at or self.clock.at).timestamp()),
            "data": {"object": subject},
        }
        with self.db.transaction() as tx:
            store(tx, self.deps.keys, [message("stripe", event_id, body, compare=False)])
        return event_id

    def intent(self, donation: DonationView | UUID, **other: Any) -> dict[str, Any]:
        """A payment intent of a donation as the provider shows it."""
        view = self.view(donation)
        return {
            "id": f"pi_{view.id.hex}",
            "object": "payment_intent",
            "amount": view.amount_minor,
            "amount_received": view.amount_minor,
            "currency": "cny",
            "metadata": {"donation_id": str(view.id)},
            "latest_charge": f"ch_{view.id.hex}",
        } | other

    def charge(self, donation: DonationView | UUID, refunded: int = 0) -> dict[str, Any]:
        view = self.view(donation)
        return {
            "id": f"ch_{view.id.hex}",
            "object": "charge",
            "amount": view.amount_minor,
            "amount_refunded": refunded,
            "currency": "cny",
            "payment_intent": f"pi_{view.id.hex}",
            "metadata": {"donation_id": str(view.id)},
        }

    def team(self, *names: str) -> None:
        """Teams whose names everybody may see."""
        for name in names:
            self.do(lambda tx, n=name: approve_label(tx, find_campaign(tx, self.slug).id or 0, n, "friends", ACTOR))

    def pay(self, donation: DonationView | UUID, at: datetime | None = None) -> DonationView:
        """The payment succeeds and its event is worked off."""
        self.tell("payment_intent.succeeded", self.intent(donation), at)
        self.settle()
        return self.view(donation)

    def refund(self, donation: DonationView | UUID, total: int) -> DonationView:
        """The provider says that `total` has gone back in all."""
        self.tell("charge.refunded", self.charge(donation, total))
        self.settle()
        return self.view(donation)

    def dispute(self, donation: DonationView | UUID, status: str | None = None, **other: Any) -> None:
        """A dispute opens (status None), or closes as `won` or `lost`; of the whole, unless `other` says so."""
        view = self.view(donation)
        subject = {
            "id": f"dp_{view.id.hex}",
            "object": "dispute",
            "amount": view.amount_minor,
            "currency": "cny",
            "charge": f"ch_{view.id.hex}",
            "payment_intent": f"pi_{view.id.hex}",
            "status": status or "needs_response",
            "metadata": {},
        } | other
        self.tell("charge.dispute.created" if status is None else "charge.dispute.closed", subject)

    def settle(self) -> None:
        while process_inbox(self.deps):
            pass

    def close(self) -> int:
        return close(self.deps)

    def view(self, donation: DonationView | UUID) -> DonationView:
        id_ = donation if isinstance(donation, UUID) else donation.id
        with self.db.transaction() as tx:
            return donation_view(tx, id_)

    def pots(self) -> dict[int, PotView]:
        with self.db.transaction() as tx:
            return {pot.id: pot for pot in pot_views(tx, find_campaign(tx, self.slug).id or 0)}

    def totals(self) -> Totals:
        with self.db.transaction() as tx:
            campaign_id = find_campaign(tx, self.slug).id or 0
            return totals(tx, [campaign_id])[campaign_id]

    def phase(self) -> str:
        with self.db.transaction() as tx:
            return find_campaign(tx, self.slug).phase

    def do(self, act: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """Call a use case that takes a transaction first."""
        with self.db.transaction() as tx:
            return act(tx, *args, **named)

    def check(self) -> None:
        """Every promise holds."""
        with self.db.snapshot() as tx:
            faults = check_books(tx)
            assert faults == [], faults


Story = Callable[["World"], None]
# Worlds that were made in this process by the time they began: their rows, the world, and the time they ended.
_MADE: dict[tuple[datetime, Story | None, str], tuple[Rows, World, datetime]] = {}


def build(
    db: Database,
    clock: FixedClock,
    gateway: PaymentGateway | None = None,
    then: Story | None = None,
    **campaign: Any,
) -> World:
    """In an empty database, a world with a campaign that ends in eight hours and a fund of a million yuan, and
    what happens in it `then`. That depends on nothing but the time and the plan, so it happens once per process."""
    world, key = World(offline_deps(db, gateway), clock), (clock.at, then, repr(campaign))
    if key not in _MADE:
        make(world, **campaign)
        if then:
            then(world)
    with db.engine.begin() as connection:
        driver: Any = connection.connection.driver_connection
        if world.projects:
            _MADE[key] = rows_of(driver), world, clock.at
        else:
            _MADE[key][0].load(driver)
    _, made, clock.at = _MADE[key]
    return replace(made, deps=world.deps, clock=clock, projects=[*made.projects])


def make(world: World, **campaign: Any) -> None:
    """Make a world in which nothing was yet."""
    with world.db.transaction() as tx:
        import_tree(tx, read(TREE), ACTOR)
        world.fund = funds.create(tx, "专项基金", "special", ACTOR)
        create(tx, new_campaign(world.clock.at, **campaign), ACTOR)
        world.projects = [approved_project(tx, code) for code in VILLAGES]
        for project_id in world.projects:
            add_entry(tx, SLUG, project_id, ACTOR)
        schedule(tx, SLUG, ACTOR)
    with world.db.transaction() as tx:
        deposits.deposit(tx, world.fund, 1_000_000_00, "CNY", "D-1", ACTOR)


def new_campaign(now: datetime, **other: Any) -> NewCampaign:
    """A campaign whose plan is complete."""
    new = NewCampaign(SLUG, "公益日", "41", now - timedelta(hours=1), now + timedelta(hours=8), complete_plan())
    return replace(new, **other)
