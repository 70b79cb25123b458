"""PURE. The enums of matching: the single source for code, CHECK constraints and labels."""

from enum import StrEnum


class PotKind(StrEnum):
    RATIO = "ratio"
    RANDOM = "random"
    CHALLENGE = "challenge"


class PotMode(StrEnum):
    RESERVE = "reserve"  # matches when the donation is created
    PAYMENT = "payment"  # matches when the money arrives


class FundingReason(StrEnum):
    """Why a pot received money, or returned it."""

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
    WITHHELD = "withheld"  # at the pledge, because of the limits on unpaid donations: no pot was queried
    PAYMENT = "payment"
    LATE = "late"
    REOFFER = "reoffer"
    CHALLENGE = "challenge"
    REDISTRIBUTE = "redistribute"
    RESTORE = "restore"
    CORRECTED = "corrected"  # its project was corrected: its match was returned, and the pots were queried again
