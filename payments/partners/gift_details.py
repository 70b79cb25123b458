"""PURE. Optional details of a platform's payment: its campaign, where the donor came from, and their message."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kernel.errors import fault
from kernel.json_reader import Fields
from kernel.text import clean_label, clean_text, text_fault

MOST_MESSAGE = 200  # characters, as on our pages
MOST_LABEL = 64  # characters of a campaign, a team or the code of a source
AGES = ("under_14", "under_18")  # of a donor under age; as `AgeBand` of our own donors
CHANNELS = ("livestream", "video", "poster", "station")  # through which donors reach a platform


@dataclass(frozen=True, slots=True)
class GiftDetails:
    """The campaign (its slug) of a payment, the channel (`kind` and `code`) through which the donor came, their
    message, their team, whether they agree to have their name published, and their age if they are under age (their
    guardian agrees to the gift)."""

    campaign: str = ""
    kind: str = ""
    code: str = ""
    message: str = ""
    team: str = ""
    publish_name: bool = False
    age: str = ""


NO_DETAILS = GiftDetails()
_NAMES = frozenset({"campaign", "channel", "message", "team", "consent", "minor"})


def check_details(data: Fields) -> None:
    """Record the faults of the details in the data of a payment. All details are optional."""
    _check_text(data, "campaign", MOST_LABEL)
    _check_text(data, "team", MOST_LABEL)
    _check_text(data, "message", MOST_MESSAGE, lines=True)
    check_flag(data, "anonymous")
    if data.has("consent"):
        check_flag(data.part("consent"), "publish_name")
    if data.has("minor"):
        _check_minor(data, data.part("minor"))
    if data.has("channel"):
        channel = data.part("channel")
        if channel.is_object:
            channel.constant("kind", CHANNELS, fault("not_one_of", options=list(CHANNELS)))
            channel.text("code", MOST_LABEL)
            _check_text(channel, "code", MOST_LABEL)


def _check_minor(data: Fields, minor: Fields) -> None:
    """Check what a platform states of a donor under age: as on our pages, their guardian agrees, and no name is
    published."""
    if not minor.is_object:
        return
    minor.constant("age", AGES, fault("not_one_of", options=list(AGES)))
    if minor.value("guardian") is not True:
        minor.refuse("guardian", fault("guardian_required"))
    if data.has("consent") and data.value("anonymous") is not True:
        consent = data.part("consent")
        if consent.value("publish_name") is True:
            consent.refuse("publish_name", fault("minor_named"))


def check_flag(fields: Fields, name: str) -> None:
    """Record a fault if a field is present and neither true nor false."""
    if fields.has(name) and type(fields.value(name)) is not bool:
        fields.refuse(name, fault("not_a_flag"))


def _check_text(fields: Fields, name: str, most: int, *, lines: bool = False) -> None:
    value = fields.value(name)
    if value and (refused := text_fault(value, most, lines=lines)):
        fields.refuse(name, refused)


def details_of(data: Mapping[str, Any]) -> GiftDetails:
    """Return the details in the data of a stored event."""
    if _NAMES.isdisjoint(data):
        return NO_DETAILS
    channel, consent = _object(data.get("channel")), _object(data.get("consent"))
    age = _age_of(_object(data.get("minor")))
    return GiftDetails(
        campaign=_text(data.get("campaign")).strip(),
        kind=_text(channel.get("kind")),
        code=clean_label(_text(channel.get("code"))),
        message=clean_text(_text(data.get("message"))).strip(),
        team=clean_label(_text(data.get("team"))),
        publish_name=consent.get("publish_name") is True and data.get("anonymous") is not True and not age,
        age=age,
    )


# Lenient, because earlier versions stored fields with these names unchecked.


def _age_of(minor: Mapping[str, Any]) -> str:
    """Return the age of a donor under age whose guardian agrees, otherwise \"\"."""
    age = minor.get("age")
    return age if isinstance(age, str) and age in AGES and minor.get("guardian") is True else ""


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) and not text_fault(value, MOST_MESSAGE, lines=True) else ""
