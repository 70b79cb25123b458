"""What a donor typed: read, checked, kept for the next try, and turned into a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from flask_babel import gettext as _

from app.i18n.faults import fault_text
from app.i18n.locale import chosen
from app.i18n.refusals import refusal_text
from campaigns.donations.commands import CreateDonation
from campaigns.donations.contact import Donor
from campaigns.donations.models import CHANNELS
from kernel.errors import Refusal, fault
from kernel.money import parse_yuan, yuan
from kernel.text import text_fault

CHIPS = (2_000, 5_000, 10_000, 20_000, 50_000)  # fen
USUAL = 10_000  # fen: chosen when nothing else is
MOST_MESSAGE = 200  # characters
MOST_NAME = 80
MOST_CODE = 60
MOST_CONTACT = 254
# What the engine calls a field -> what the form calls it.
_FIELDS = {
    "amount_minor": "amount",
    "donor.name": "name",
    "donor.phone": "phone",
    "donor.email": "email",
    "message": "message",
}
_WRONG_CONTACT = {"phone": fault("not_a_phone"), "email": fault("not_an_email")}
TYPED = ("name", "phone", "email", "message", "team", "channel", "source")


@dataclass
class Form:
    """`chip` and `custom` are the two ways to say the amount: a typed one wins over a chosen one."""

    id: UUID
    chip: str
    custom: str
    typed: dict[str, str]
    anonymous: bool = False
    publish_name: bool = False
    accept: bool = False
    faults: dict[str, str] = field(default_factory=dict)

    @classmethod
    def fresh(cls, args: Mapping[str, str]) -> Form:
        """A new form; the address may name an amount, a team, a channel and its source code."""
        chip, custom = str(USUAL), ""
        if wanted := args.get("amount"):
            chip, custom = (wanted, "") if wanted in map(str, CHIPS) else ("", _yuan_or_nothing(wanted))
        typed = {name: args.get(name, "") if name in ("team", "channel", "source") else "" for name in TYPED}
        return cls(uuid4(), chip, custom, typed)

    @classmethod
    def sent(cls, data: Mapping[str, str]) -> Form:
        """A form that came back; an id that is none of ours is replaced."""
        try:
            id_ = UUID(data.get("id", ""))
        except ValueError:
            id_ = uuid4()
        typed = {name: data.get(name, "").strip() for name in TYPED}
        form = cls(id_, data.get("chip", ""), data.get("custom", "").strip(), typed)
        form.anonymous = bool(data.get("anonymous"))
        form.publish_name = bool(data.get("publish_name"))
        form.accept = bool(data.get("accept"))
        return form

    def command(self, slug: str, project_id: int, visitor: str | None) -> CreateDonation | None:
        """The command, or None with `faults` saying what is wrong at which field."""
        amount = self._amount()
        self._check_texts()
        if self.faults or amount is None:
            return None
        typed = self.typed
        channel = typed["channel"] if typed["channel"] in CHANNELS and typed["channel"] != "partner" else "web"
        return CreateDonation(
            id=self.id,
            campaign=slug,
            project=project_id,
            amount_minor=amount,
            donor=Donor(
                name=typed["name"] or None,
                email=typed["email"] or None,
                phone=typed["phone"] or None,
                anonymous=self.anonymous,
                publish_name=self.publish_name,
            ),
            message=typed["message"],
            team=typed["team"],
            channel=channel,
            source_code=typed["source"],
            accept_unmatched=self.accept,
            visitor=visitor,
            locale="en" if chosen() == "en" else "zh",
        )

    def refused(self, refusal: Refusal) -> Form:
        """The same form with what the engine found, in the reader's words, at the field if there is one."""
        for name, refused in refusal.fields.items():
            if field_name := _FIELDS.get(name):
                self.faults[field_name] = fault_text(refused)
        if not self.faults:
            self.faults["form"] = refusal_text(refusal)
        return self

    def _amount(self) -> int | None:
        if not self.custom:
            if self.chip in map(str, CHIPS):
                return int(self.chip)
            self.faults["amount"] = _("请选择或填写捐赠金额")
            return None
        try:
            return parse_yuan(self.custom)
        except ValueError:
            self.faults["amount"] = _("请填写金额，单位元，最多两位小数，例如 100 或 66.60")
            return None

    def _check_texts(self) -> None:
        for name, most in (
            ("name", MOST_NAME),
            ("team", MOST_CODE),
            ("source", MOST_CODE),
            ("message", MOST_MESSAGE),
        ):
            if self.typed[name] and (refused := text_fault(self.typed[name], most, lines=name == "message")):
                self.faults[name] = fault_text(refused)
        for name, refused in _WRONG_CONTACT.items():
            if self.typed[name] and text_fault(self.typed[name], MOST_CONTACT):
                self.faults[name] = fault_text(refused)


def _yuan_or_nothing(minor: str) -> str:
    """What an address asks for, in yuan, when it can be an amount of fen."""
    ok = minor.isascii() and minor.isdigit() and len(minor) < 12
    return yuan(int(minor)).replace(",", "").removesuffix(".00") if ok else ""
