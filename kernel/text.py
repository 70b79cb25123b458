"""PURE. Text from outside: normalised, so that texts that look the same are the same, and refused when pages cannot
show it or the database cannot hold it."""

import re
import unicodedata

from kernel.errors import Fault, fault

# Characters that change the direction of the following text. A name with one could be displayed as another name.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_EMOJI = "[\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f300-\U0001faff]"
# A joiner between two emojis makes one picture of them (a family, a profession), which would fall apart without it.
_JOINED = f"(?:(?<={_EMOJI})|(?<={_EMOJI}\ufe0f))\u200d(?={_EMOJI})"
# This selector asks for an emoji's coloured picture. A red heart would become a black one without it.
_COLOURED = f"(?<={_EMOJI})\ufe0f|(?<=[0-9#*])\ufe0f(?=\u20e3)"
# Invisible characters: other joiners, direction marks, soft hyphens, fillers, variation selectors, tags.
_UNSEEN = re.compile(
    f"(?!{_JOINED}|{_COLOURED})"
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028\u2029\u2060-\u2065\u206a-\u206f"
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_SPACES = re.compile(r"[^\S\r\n\t]+")


def clean_text(text: str) -> str:
    """Normalise text from outside: composed (NFC), without invisible characters, and with one kind of space.

    What `text_fault` refuses is left in, so that it can be refused.
    """
    return _SPACES.sub(" ", unicodedata.normalize("NFC", _UNSEEN.sub("", text)))


def clean_label(text: str) -> str:
    """Normalise the name of a team or the code of a source: as `clean_text`, and with full-width letters and digits
    replaced by ordinary ones (NFKC) and without what only joins or colours emojis: look-alikes are equal."""
    return clean_text(unicodedata.normalize("NFKC", clean_text(re.sub("[\u200d\ufe0f]", "", text)))).strip()


def is_storable(text: str) -> bool:
    """Return whether the database can hold this text. It accepts neither NUL nor unpaired surrogates; JSON allows
    both."""
    if "\x00" in text:
        return False
    try:
        return text.isascii() or bool(text.encode())  # an unpaired surrogate has no UTF-8
    except UnicodeEncodeError:
        return False


def turns_direction(text: str) -> bool:
    """Return whether a text contains characters that change the direction of the following text."""
    return _TURNING.search(text) is not None


def text_fault(text: object, most: int, *, lines: bool = False, required: bool = False) -> Fault | None:
    """Return why this is not a valid name or label of at most `most` characters; None if it is.

    With `lines`, longer prose is accepted: of several lines, and empty unless it is `required`.
    """
    if not isinstance(text, str):
        return fault("not_text")
    if not text.strip() and (required or not lines):
        return fault("required")
    if len(text) > most:
        return fault("too_long", most=most)
    if turns_direction(text):
        return fault("direction_controls")
    if not is_storable(text) or has_controls(text, but="\n\r\t" if lines else ""):
        return fault("control_characters")
    return None


def one_line(text: str) -> str:
    """Return a text that nobody is asked to correct, such as the name of a file, as one line: control characters
    become spaces; what turns the direction or cannot be stored is left out."""
    storable = _TURNING.sub("", text).encode(errors="ignore").decode()
    return clean_text("".join(" " if has_controls(char) else char for char in storable)).strip()


def has_controls(text: str, *, but: str = "") -> bool:
    """Return whether a text contains control characters other than those in `but`."""
    return any(unicodedata.category(char) == "Cc" and char not in but for char in text)
