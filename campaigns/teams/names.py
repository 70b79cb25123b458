"""PURE. Valid team names: letters, digits and a few signs, and nothing that impersonates an official body."""

import re
import unicodedata

from campaigns.donations.public_words import suspicion_of
from kernel.errors import Fault, fault
from kernel.text import clean_label, text_fault

LEAST_NAME, MOST_NAME = 2, 20  # characters
# Chinese, plain Latin, digits and a few signs. Letters of other scripts could look like these.
_NAME = re.compile(
    r"[\u3400-\u9fff\U00020000-\U0003ffffA-Za-z0-9][\u3400-\u9fff\U00020000-\U0003ffffA-Za-z0-9 ·&()\-]*"
)
_LETTER = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffffA-Za-z]")
# Names reserved for the host, authorities and other charities.
_OFFICIAL = re.compile(
    r"官方|慈善总会|慈善会|红十字|基金会|倍善|政府|公安|法院|检察|税务|民政|纪委|管理员|客服|主办方|beishan|admin",
    re.IGNORECASE,
)
_SAME_LOOK = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "（": "(", "）": ")"})


def clean_name(name: str) -> str:
    """Return a name in the form that is stored and compared with the labels of gifts."""
    return clean_label(name)


def look_of(name: str) -> str:
    """Return the appearance of a name: without signs, spaces and case, and with look-alike letters unified."""
    plain = unicodedata.normalize("NFKC", name).casefold().translate(_SAME_LOOK)
    return re.sub(r"[ ·&()\-]", "", plain)


def name_fault(name: str) -> Fault | None:
    """Return why this cannot be a team name; None if it can."""
    if refused := text_fault(name, MOST_NAME):
        return refused
    if len(name) < LEAST_NAME:
        return fault("length_out_of_range", least=LEAST_NAME, most=MOST_NAME)
    if not _NAME.fullmatch(name) or not _LETTER.search(name):
        return fault("team_name_characters")
    if suspicion_of(name):
        return fault("contact_inside")
    if _OFFICIAL.search(name):
        return fault("reserved_name")
    return None
