"""PURE. Optional details of a platform's payment: its campaign, where the donor came from, and their message."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kernel.errors import fault
from kernel.json_reader import Fields
from kernel.text import clean_label, clean_text, text_fault

MOST_MESSAGE = 200  # characters, as on our pages
MOST_LABEL = 64  # characters of a campaign, a team or the code of a source
CHANNELS = ("livestream", "video", "poster", "station")  # through which donors reach a platform


@dataclass(frozen=True, slots=True)
class GiftDetails:
    """The campaign (its slug) of a payment, the channel (`kind` and `code`) through which the donor came, their
    message, their team, and whether they agree to have their name published."""

    campaign: str = ""
    kind: str = ""
    code: str = ""
    message: str = ""
    team: str = ""
    publish_name: bool = False


NO_DETAILS = GiftDetails()
_NAMES = frozenset({"campaign", "channel", "message", "team", "consent"})


def check_details(data: Fields) -> None:
    """Record the faults of the details in the data of a payment. All details are optional."""
    _check_text(data, "campaign", MOST_LABEL)
    _check_text(data, "team", MOST_LABEL)
    _check_text(data, "message", MOST_MESSAGE, lines=True)
    check_flag(data, "anonymous")
    if data.has("consent"):
        check_flag(data.part("consent"), "publish_name")
    if data.has("channel"):
        channel = data.part("channel")
        if channel.is_object:
            channel.constant("kind", CHANNELS, fault("not_one_of", options=list(CHANNELS)))
            channel.text("code", MOST_LABEL)
            _check_text(channel, "code", MOST_LABEL)


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
    return GiftDetails(
        campaign=_text(data.get("campaign")).strip(),
        kind=_text(channel.get("kind")),
        code=clean_label(_text(channel.get("code"))),
        message=clean_text(_text(data.get("message"))).strip(),
        team=clean_label(_text(data.get("team"))),
        publish_name=consent.get("publish_name") is True and data.get("anonymous") is not True,
    )


# Lenient, because earlier versions stored fields with these names unchecked.


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) and not text_fault(value, MOST_MESSAGE, lines=True) else ""
