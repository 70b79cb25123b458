"""PURE. Which text people may give to what they name: pages can show it and the database can hold it."""

from kernel.errors import Fault, fault


def is_storable(text: str) -> bool:
    """Whether the database can hold this text. It takes neither NUL nor half a surrogate pair; JSON has both."""
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


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
    kept = text.replace("\n", "").replace("\r", "").replace("\t", "") if lines else text
    if not is_storable(text) or any(ord(char) < 32 or ord(char) == 127 for char in kept):
        return fault("control_characters")
    return None
