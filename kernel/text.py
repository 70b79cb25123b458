"""PURE. Text from outside: brought to one form, so that what looks the same is the same, and refused when pages
cannot show it or the database cannot hold it."""

import re
import unicodedata

from kernel.errors import Fault, fault

# Characters that turn the direction of what follows: a name with one could show as another name.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Characters that nobody sees: joiners, marks of direction, soft hyphens, fillers, selectors of variants, tags.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028\u2029\u2060-\u2065\u206a-\u206f"
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_SPACES = re.compile(r"[^\S\r\n\t]+")


def clean_text(text: str) -> str:
    """Return text from outside as it is kept: composed (NFC), without characters that nobody sees, and with one
    kind of space. What `text_fault` refuses is left in, to be refused."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", _UNSEEN.sub("", text)))


def clean_label(text: str) -> str:
    """Return the name of a team or the code of a source as it is kept and compared: as `clean_text`, and letters
    and digits of full width as ordinary ones (NFKC), so that look-alikes are one."""
    return clean_text(unicodedata.normalize("NFKC", clean_text(text))).strip()


def is_storable(text: str) -> bool:
    """Whether the database can hold this text. It takes neither NUL nor half a surrogate pair; JSON has both."""
    if "\x00" in text:
        return False
    try:
        return text.isascii() or bool(text.encode())  # half a pair has no UTF-8
    except UnicodeEncodeError:
        return False


def turns_direction(text: str) -> bool:
    """Whether a text holds characters that turn the direction of what follows."""
    return _TURNING.search(text) is not None


def text_fault(text: object, most: int, *, lines: bool = False) -> Fault | None:
    """Return why this cannot be a name or a label of at most `most` characters; None when it can.

    With `lines`, it may be longer prose: empty, or of several lines.
    """
    if not isinstance(text, str):
        return fault("not_text")
    if not text.strip() and not lines:
        return fault("required")
    if len(text) > most:
        return fault("too_long", most=most)
    if turns_direction(text):
        return fault("direction_controls")
    if not is_storable(text) or has_controls(text, but="\n\r\t" if lines else ""):
        return fault("control_characters")
    return None


def has_controls(text: str, *, but: str = "") -> bool:
    """Whether a text holds control characters other than these."""
    return any(unicodedata.category(char) == "Cc" and char not in but for char in text)
