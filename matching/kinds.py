"""PURE. The words that rows of matching may hold: one list each for code, CHECK constraints and labels."""

from enum import StrEnum


class PotKind(StrEnum):
    RATIO = "ratio"
    RANDOM = "random"
    CHALLENGE = "challenge"


class PotMode(StrEnum):
    RESERVE = "reserve"  # matches when the donation is created
    PAYMENT = "payment"  # matches when the money came


class FundingReason(StrEnum):
    """Why money went into a pot, or left it."""

    TRANCHE = "tranche"
    TOP_UP = "top_up"
    REDUCTION = "reduction"
    WITHDRAWN = "withdrawn"  # a tranche that was taken back before it opened
    RETURNED = "returned"  # what was left after the end


RECEIVED = (FundingReason.TRANCHE, FundingReason.TOP_UP)  # the others left the pot


class ReservationState(StrEnum):
    RESERVED = "reserved"
    CAPTURED = "captured"
    RELEASED = "released"


class MatchCause(StrEnum):
    """When match was decided."""

    PLEDGE = "pledge"
    WITHHELD = "withheld"  # at the pledge, because of the limits on unpaid donations: no pot was asked
    PAYMENT = "payment"
    LATE = "late"
    REOFFER = "reoffer"
    CHALLENGE = "challenge"
    REDISTRIBUTE = "redistribute"
    RESTORE = "restore"
    CORRECTED = "corrected"  # its project was corrected: what it had went back, and the pots were asked again
