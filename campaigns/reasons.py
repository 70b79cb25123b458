"""The reason that people give for a decision."""

from kernel.errors import Invalid
from kernel.text import text_fault

MOST_REASON = 500  # characters


def require_reason(reason: str) -> None:
    """Raise Invalid `reason_missing` unless this is text of 1 to `MOST_REASON` characters, which may have several
    lines."""
    if refused := text_fault(reason.replace("\r", "").replace("\n", " "), MOST_REASON):
        raise Invalid("reason_missing", fields={"reason": refused})


def require_one_line_reason(reason: str) -> None:
    """Raise Invalid `reason_invalid` unless this is one line of 1 to `MOST_REASON` characters."""
    if refused := text_fault(reason, MOST_REASON):
        raise Invalid("reason_invalid", fields={"reason": refused})


def require_storable_reason(reason: str) -> None:
    """Raise Invalid `reason_invalid` unless this is text of at most `MOST_REASON` characters; it may be empty."""
    if refused := text_fault(reason, MOST_REASON, lines=True):
        raise Invalid("reason_invalid", fields={"reason": refused})
