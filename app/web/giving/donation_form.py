"""The donation form: keeps what the donor typed for another try, and turns it into a command."""

from collections.abc import Mapping
from typing import Self
from uuid import UUID, uuid4

from flask_babel import gettext as _

from app.forms import Form, format_yuan, is_id
from app.i18n.locale import chosen
from app.i18n.refusals.faults import fault_text
from app.i18n.refusals.refusals import refusal_text
from campaigns.donations.commands import CreateDonation, Replaced
from campaigns.donations.donors.contact import Donor, contact_faults
from campaigns.donations.donors.tribute import MOST_NAME as MOST_TRIBUTE
from campaigns.donations.donors.tribute import Tribute, TributeKind
from campaigns.donations.models import PUBLIC_CHANNELS
from kernel.errors import Refusal, fault
from kernel.human_input import Unreadable, read_amount
from kernel.text import clean_label

CHIPS = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000)  # fen
DEFAULT_CHIP = 10_000  # fen
MOST_MESSAGE = 200  # characters
MOST_NAME = 80
MOST_CODE = 60
MOST_CONTACT = 254
_MOST_REPLACED = 20
ORIGIN = ("team", "channel", "source")  # where the donor came from; the form's query may name it
ABOUT = ("name", "phone", "email", "message", "tribute_kind", "tribute_name", "age", "guardian", *ORIGIN)
# Field of the use case -> field of the form, in the order of the page.
_FIELDS = {
    "amount_minor": "amount",
    "donor.name": "name",
    "tribute.kind": "tribute_name",
    "tribute.name": "tribute_name",
    "message": "message",
    "donor.phone": "phone",
    "age": "age",
    "guardian": "guardian",
    "donor.publish_name": "age",
    "donor.email": "email",
}


class DonationForm(Form):
    """The donation form's data. `chip` and `custom` both state the amount: a typed amount wins over a chosen one.

    `id` becomes the donation's id, so that sending the form twice creates one donation.
    """

    def __init__(self, data: Mapping[str, str]) -> None:
        super().__init__(data)
        self.id = read_uuid(self["id"]) or uuid4()

    def renew(self) -> None:
        """Take a new id, and replace the donation stored under the old one, which its browser may do without a
        token."""
        self.data.add("replaces", str(self.id))
        self.data.add("replaces_token", "")
        self.id = uuid4()
        self.data["id"] = str(self.id)

    @classmethod
    def fresh(cls, args: Mapping[str, str], typed: Mapping[str, str]) -> Self:
        """Return a new form. `args` may name an amount in fen, a team, a channel and its source code. `typed`: what
        was typed for the unpaid donation that this one replaces, and its id and token."""
        named = {name: args.get(name, "") for name in ORIGIN}
        data = {**named, **typed, "chip": str(DEFAULT_CHIP)}
        if amount := args.get("amount"):
            data |= {"chip": amount} if amount in map(str, CHIPS) else {"chip": "", "custom": _yuan_of(amount)}
        return cls(data)

    @property
    def replaces(self) -> tuple[Replaced, ...]:
        """The unpaid donations that this one replaces: named earlier, or shown and then chosen with `replace`."""
        names = ("replaces", "unpaid") if self["replace"] else ("replaces",)
        pairs = [pair for name in names for pair in zip(self.all(name), self.all(f"{name}_token"), strict=False)]
        return tuple(Replaced(id_, token) for text, token in pairs[:_MOST_REPLACED] if (id_ := read_uuid(text)))

    def replace_nothing(self) -> None:
        """Drop the donations to be replaced, because they can no longer be."""
        for name in ("replaces", "unpaid"):
            self.data.poplist(name)

    @property
    def about(self) -> dict[str, str]:
        """What the donor entered about themselves, and where they came from."""
        return {name: self[name] for name in ABOUT}

    def command(self, slug: str, project_id: int, visitor: str | None) -> CreateDonation | None:
        """Return the command, or None and set `faults`."""
        amount_minor = self.amount_minor()
        name, message = self.text("name", MOST_NAME), self.text("message", MOST_MESSAGE, lines=True)
        phone = self.text("phone", MOST_CONTACT, told_as=fault("not_a_phone"))
        email = self.text("email", MOST_CONTACT, told_as=fault("not_an_email"))
        team, source = self.text("team", MOST_CODE), self.text("source", MOST_CODE)
        for origin in ("team", "source"):  # an invalid value from a link must not block the donation
            if self.faults.pop(origin, None):
                self.drop(origin)
        tribute = self.text("tribute_name", MOST_TRIBUTE)
        if self.faults or amount_minor is None:
            return None
        publish_name = self.publishes
        return CreateDonation(
            id=self.id,
            campaign=slug,
            project=project_id,
            amount_minor=amount_minor,
            donor=Donor(name, email, phone, anonymous=not publish_name, publish_name=publish_name),
            message=message or "",
            team=clean_label(self["team"] and (team or "")),
            channel=self["channel"] if self["channel"] in PUBLIC_CHANNELS else "web",
            source_code=clean_label(self["source"] and (source or "")),
            accept_unmatched=bool(self["accept"]),
            confirmed=self["confirmed"] == str(amount_minor),  # confirms this amount, not one typed later
            visitor=visitor,
            locale="en" if chosen() == "en" else "zh",
            replaces=self.replaces,
            age=self["age"],
            guardian=bool(self["guardian"]),
            tribute=Tribute(self["tribute_kind"] or TributeKind.HONOUR, tribute) if tribute else None,
        )

    @property
    def publishes(self) -> bool:
        """Whether the donor agreed to be named. The form has one choice; older ones had two check boxes."""
        return bool(self["publish_name"]) and not self["anonymous"]

    @property
    def donor(self) -> Donor:
        """The donor as far as the typed contact is valid, for a forecast."""
        donor = Donor(phone=self["phone"] or None, email=self["email"] or None)
        return Donor() if contact_faults(donor) else donor

    def amount_minor(self) -> int | None:
        """Return the typed or chosen amount in fen, or None and a fault if it cannot be read."""
        if is_id(self["reading"]):
            self.data["custom"] = format_yuan(int(self["reading"]))
        if self["custom"]:
            return self.amount("amount", self["custom"])
        if self["chip"] in map(str, CHIPS):
            return int(self["chip"])
        self.faults["amount"] = _("请选择或填写捐赠金额")
        return None

    @property
    def readings(self) -> list[int]:
        """The possible readings of an ambiguous amount, in fen, for the donor to choose from."""
        try:
            read_amount(self["custom"])
        except Unreadable as unreadable:
            readings: list[int] = unreadable.fault.params.get("readings_minor", [])
            return readings
        return []

    def drop(self, name: str) -> None:
        """Clear a field."""
        self.data.setlist(name, [])

    def add_refusal(self, refusal: Refusal) -> None:
        """Show a refusal at its fields if this form has them, else for the whole form."""
        for name, field in _FIELDS.items():
            if reason := refusal.fields.get(name):
                self.faults[field] = fault_text(reason)
        if not self.faults:
            self.faults["form"] = refusal_text(refusal)


def read_uuid(text: str) -> UUID | None:
    """Parse a UUID; return None if the text is not one."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _yuan_of(amount: str) -> str:
    """Return an amount of fen in a query as yuan; "" if it is not one."""
    return format_yuan(int(amount)) if amount.isascii() and amount.isdigit() and len(amount) < 12 else ""
