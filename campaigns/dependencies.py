"""The collaborators of every use case: the database, the payment gateway, the keys, and the limits of donations."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from kernel.clock import Clock
from kernel.db import Database
from kernel.files import FileStore, FolderStore
from kernel.keys import Keys
from payments.gateway import PaymentGateway


@dataclass(frozen=True)
class DonationLimits:
    """Amounts in fen, durations in seconds. All are our defaults; no regulation sets them."""

    minimum_minor: int = 100
    maximum_minor: int = 5_000_000
    minor_most_minor: int = 20_000  # for a donor who says they are under age
    offline_maximum_minor: int = 10_000_000  # a gift above it in a file needs confirmation
    # Gifts on our pages and through the API, per donor: above the first two the donor is asked to confirm, above
    # the others the gift is refused until an hour or the day in Shanghai is over.
    ask_gift_minor: int = 2_000_000
    ask_hour_count: int = 12
    pause_hour_count: int = 40
    donor_day_most_minor: int = 20_000_000
    offline_day_most_minor: int = 1_000_000_000  # a larger total of a day's files needs confirmation
    offline_age_most_days: int = 92  # and so does an older gift
    # Limits on match reserved for unpaid donations, per pot: the number of donations, and the share of the open
    # part of the pot, for one contact, one browser, or one address without either; and for one address in total. A
    # share is never less than `unpaid_share_least_minor`.
    unpaid_limits: bool = True
    unpaid_most_count: int = 30
    unpaid_share_bps: int = 2_500
    unpaid_share_least_minor: int = 2_000_000
    address_unpaid_most_count: int = 1_000
    address_unpaid_share_bps: int = 5_000
    # A pot that has less left than this share of its open part is contested: its match is reserved for a shorter
    # time.
    contested_bps: int = 1_000
    contested_reservation_s: int = 5 * 60
    contested_reservation_most_s: int = 10 * 60
    reservation_s: int = 15 * 60  # how long match is reserved for a donor who does not return
    reservation_most_s: int = 30 * 60  # how long an open page can extend the reservation
    provider_silence_s: int = 15 * 60  # how long a lapsed reservation waits for a provider that does not answer
    # What a partner platform may bring in without an operator, unless its own row overrides it.
    partner_gift_most_minor: int = 50_000_000
    partner_day_most_minor: int = 5_000_000_000
    partner_day_most_count: int = 1_000_000
    partner_age_most_days: int = 90  # of a payment, when it arrives
    # How long a payment may remain under way after the last possible end of its reservation before it expires.
    paying_most_s: int = 24 * 3600


@dataclass(frozen=True)
class SecondPerson:
    """Whether acts need a second person (`campaigns.approvals`), and for acts that move money, above how many
    fen."""

    needed: bool = False
    above_minor: int = 1_000_000


@dataclass(frozen=True)
class Dependencies:
    """The collaborators of the use cases, created once in `create_app`, the scheduler and the tests."""

    db: Database
    gateway: PaymentGateway
    keys: Keys
    public_url: str
    limits: DonationLimits = field(default_factory=DonationLimits)
    # Screening thresholds that this installation sets instead of our defaults: name -> value in its own unit.
    screening_defaults: Mapping[str, int] = field(default_factory=dict)
    message_days: int = 90  # how long the personal parts of messages from outside are kept
    second_person: SecondPerson = field(default_factory=SecondPerson)
    # The store of picture files (`make_dependencies` sets it).
    pictures: FileStore = field(default_factory=lambda: FolderStore(Path("var/pictures")))
    mail_url: str = ""  # the server that sends letters to donors; without it none are sent
    sms_signature: str = ""  # registered with the carriers; empty: the host's name
    sms_url: str = ""  # the service that sends codes to phone numbers; without it none are sent
    mail_from: str = ""
    accept_test_mode: bool = True  # whether the provider's test-mode messages move money
    accept_live_mode: bool = True  # whether its live messages do: not beside a key of the test mode
    demo: bool = False  # whether no real money moves, so that the rehearsal can run
    training: bool = False  # whether all that leaves this site is marked as training
    tell_loopback: bool = False  # whether events may be sent to platforms at addresses of this machine (the demo)

    def at(self, clock: Clock) -> "Dependencies":
        """Return the same dependencies at another time (tests, and `jobs run --at` outside production)."""
        return replace(self, db=self.db.at(clock))
