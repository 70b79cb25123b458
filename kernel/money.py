"""Amounts are whole numbers of fen. There are no floats, and only the functions of this module divide."""

from collections.abc import Sequence

from kernel.errors import Fault, fault

BPS_WHOLE = 10_000  # basis points in the whole
CURRENCY = "CNY"
MAX_MINOR = 10**13  # 100 billion yuan: above any real sum, far below what BIGINT holds


def share(amount_minor: int, bps: int) -> int:
    """Return `bps` basis points of an amount, in fen, rounded down so that a share never exceeds its limit."""
    return amount_minor * bps // BPS_WHOLE


def proportion(amount_minor: int, part: int, whole: int) -> int:
    """Return the fraction `part / whole` of an amount, in fen, rounded down; 0 if `whole` is 0."""
    return amount_minor * part // whole if whole > 0 else 0


def split(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """Divide fen by weights; the parts sum to the whole (largest remainder method, earlier parts first).

    Raises ValueError for a negative amount, and for weights that are missing, negative or all zero.
    """
    total = sum(weights)
    if amount_minor < 0 or total <= 0 or min(weights) < 0:
        raise ValueError("a split needs an amount >= 0 and weights >= 0 that do not sum to zero")
    parts = [amount_minor * weight // total for weight in weights]
    remainders = [amount_minor * weight % total for weight in weights]
    owed = amount_minor - sum(parts)
    for index in sorted(range(len(weights)), key=lambda i: -remainders[i])[:owed]:
        parts[index] += 1
    return parts


def yuan(amount_minor: int) -> str:
    """Format fen as yuan: 1234567 -> '12,345.67'."""
    sign = "-" if amount_minor < 0 else ""
    whole, fen = divmod(abs(amount_minor), 100)
    return f"{sign}{whole:,}.{fen:02d}"


def ratio(bps: int) -> str:
    """Format a ratio: 10,000 basis points are '1:1', 5,000 are '1:0.5'."""
    return "1:" + f"{bps / BPS_WHOLE:.4f}".rstrip("0").rstrip(".")


def percent(bps: int) -> str:
    """Format a percentage: 1,050 basis points are '10.5%'."""
    return f"{bps / 100:.2f}".rstrip("0").rstrip(".") + "%"


def amount_fault(amount_minor: int) -> Fault | None:
    """Return why this is not a valid amount of fen to give or request; None if it is."""
    if amount_minor < 1:
        return fault("amount_not_positive")
    return fault("amount_too_large", most_minor=MAX_MINOR) if amount_minor > MAX_MINOR else None
