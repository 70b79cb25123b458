"""PURE. What a platform may add to a payment: the campaign it was for, where the donor came from, their words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kernel.errors import fault
from kernel.json_reader import Fields
from kernel.text import clean_label, clean_text, text_fault

MOST_MESSAGE = 200  # characters, as on our pages
MOST_LABEL = 64  # characters of a campaign, a team and the code of a source
CHANNELS = ("livestream", "video", "poster", "station")  # through which donors come to a platform


@dataclass(frozen=True, slots=True)
class GiftDetails:
    """The campaign (its slug) that a payment was for, the channel (`kind` and `code`) through which the donor came,
    what they wrote, their team, and whether they agree that their name is published."""

    campaign: str = ""
    kind: str = ""
    code: str = ""
    message: str = ""
    team: str = ""
    publish_name: bool = False


NO_DETAILS = GiftDetails()
_NAMES = frozenset({"campaign", "channel", "message", "team", "consent"})


def check_details(data: Fields) -> None:
    """Note what is wrong with the details in the data of a payment; none of them is required."""
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
    """Note a field that is there and neither true nor false."""
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


# Earlier versions kept fields of these names as they came.


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) and not text_fault(value, MOST_MESSAGE, lines=True) else ""
