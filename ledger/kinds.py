"""The kinds of transfer: why money moved. Code decides by these, never by a key or a description."""

from enum import StrEnum


class TransferKind(StrEnum):
    DEPOSIT = "deposit"  # bank -> fund
    DEPOSIT_CORRECTED = "deposit_corrected"  # bank <-> fund: the difference from what was really received
    POT_FUNDED = "pot_funded"  # fund -> pot: tranches at its creation, and top-ups
    POT_REDUCED = "pot_reduced"  # pot -> fund, by a manager
    POT_RETURNED = "pot_returned"  # pot -> fund: what is free at the end of a campaign
    MATCH_RESERVED = "match_reserved"  # pot -> reserved: an unpaid donation
    MATCH_CAPTURED = "match_captured"  # reserved -> captured: the donation is paid; pot -> captured: it was before
    MATCH_RELEASED = "match_released"  # reserved -> pot: the donation will not be paid
    MATCH_HELD = "match_held"  # captured -> held: a reviewer decides (`case_id`)
    MATCH_CLEARED = "match_cleared"  # held -> captured: a reviewer cleared the case (`case_id`)
    MATCH_RETURNED = "match_returned"  # earned -> pot or fund: after a refund, or by a reviewer (`case_id`)
    MATCH_MOVED = "match_moved"  # captured -> pot: a better pot matches instead (`decision_id`)
    MATCH_DISBURSED = "match_disbursed"  # captured -> released: spendable after the public notice
    DONATION_RECEIVED = "donation_received"  # clearing -> donations
    DONATION_REFUNDED = "donation_refunded"  # donations -> clearing: a refund or a lost dispute
    DONATION_REINSTATED = (
        "donation_reinstated"  # clearing -> donations: a refund failed, a dispute was won after all
    )
    DONATION_MOVED = "donation_moved"  # donations -> donations: its project was corrected, with the donor's consent
    LOSS_BOOKED = "loss_booked"  # losses -> clearing: more was refunded than received
    LOSS_RECOVERED = "loss_recovered"  # clearing -> losses
    FEE_CHARGED = "fee_charged"  # clearing pays fees
    FEE_REFUNDED = "fee_refunded"  # a provider refunded a fee
    DIFFERENCE_BOOKED = "difference_booked"  # clearing <-> account of its cause: a difference was signed off
    DIFFERENCE_CORRECTED = (
        "difference_corrected"  # back: it went away, changed, is open again or moved to another account
    )
    PAYOUT = "payout"  # bank <- clearing: a provider sent what it held to the federation's bank account
    PAYOUT_RETURNED = "payout_returned"  # the bank did not accept it
    MONEY_ALLOTTED = "money_allotted"  # allotted -> share: a project's income is divided by its split rule
    ALLOTMENT_CORRECTED = "allotment_corrected"  # share -> allotted: less was received, or another rule applied
    REMITTANCE_APPROVED = "remittance_approved"  # share -> payable: a payout plan was approved
    REMITTANCE_WITHDRAWN = "remittance_withdrawn"  # payable -> share: it was not paid, and will not be
    REMITTANCE_PAID = "remittance_paid"  # payable -> bank: the bank paid the payee
    REMITTANCE_RETURNED = "remittance_returned"  # bank -> share: the money was returned and will be paid again
    PURPOSE_CHANGED = "purpose_changed"  # share of a project -> share of another: the purpose was changed
    SURPLUS_RETURNED = "surplus_returned"  # bank -> share: what a project was paid but did not spend
    SURPLUS_MOVED = "surplus_moved"  # share of an ended project -> share of another
    SURPLUS_TO_FUND = "surplus_to_fund"  # share of an ended project -> fund
    FUND_MOVED = "fund_moved"  # fund -> fund, by two signatures


# Transfers of one reservation; `reservation_id` names it.
OF_RESERVATION = (
    TransferKind.MATCH_RESERVED,
    TransferKind.MATCH_CAPTURED,
    TransferKind.MATCH_RELEASED,
    TransferKind.MATCH_HELD,
    TransferKind.MATCH_CLEARED,
    TransferKind.MATCH_RETURNED,
    TransferKind.MATCH_MOVED,
)
OF_CASE = (TransferKind.MATCH_HELD, TransferKind.MATCH_CLEARED)  # always; MATCH_RETURNED when a reviewer decided
RETURNED = (TransferKind.DONATION_REFUNDED, TransferKind.DONATION_REINSTATED)
OF_DONATION = (
    *OF_RESERVATION,
    TransferKind.DONATION_RECEIVED,
    *RETURNED,
    TransferKind.DONATION_MOVED,
    TransferKind.LOSS_BOOKED,
    TransferKind.LOSS_RECOVERED,
)
OF_FUNDING = (TransferKind.POT_FUNDED, TransferKind.POT_REDUCED, TransferKind.POT_RETURNED)
# What moves the money of funds: into them, and out of them.
INTO_FUND = (
    TransferKind.DEPOSIT,
    TransferKind.DEPOSIT_CORRECTED,
    TransferKind.POT_REDUCED,
    TransferKind.POT_RETURNED,
    TransferKind.MATCH_RETURNED,
    TransferKind.SURPLUS_TO_FUND,
    TransferKind.FUND_MOVED,
)
OUT_OF_FUND = (TransferKind.DEPOSIT_CORRECTED, TransferKind.POT_FUNDED, TransferKind.FUND_MOVED)
MOVED = (
    TransferKind.DONATION_MOVED,
    TransferKind.PURPOSE_CHANGED,
    TransferKind.SURPLUS_MOVED,
    TransferKind.SURPLUS_TO_FUND,
    TransferKind.FUND_MOVED,
)
OUT_OF_POT = (TransferKind.MATCH_RESERVED, TransferKind.MATCH_CAPTURED)  # free match that a donation got
LEFT_DONATION = (TransferKind.MATCH_RETURNED, TransferKind.MATCH_MOVED)  # earned match that left its donation
BACK_IN_POT = (TransferKind.MATCH_RELEASED, *LEFT_DONATION)  # match that may be free in its pot again
