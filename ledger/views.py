"""The views through which SQL outside this package reads the books, where a statement needs the books and other
tables in one snapshot or in one query. Migrations create them; everything else reads through
`ledger.statements`.

Amounts are fen. `kind` is an `AccountKind` in `*_balance` and a `TransferKind` in `*_movement`.
"""

# View -> its columns, in order.
VIEWS = {
    # The accounts of pots. `project_id` is NULL for `pot_free`.
    "pot_balance": ("pot_id", "project_id", "kind", "balance_minor"),
    # What donors gave to projects in campaigns, net of refunds.
    "project_raised": ("campaign_id", "project_id", "raised_minor"),
    # The money of projects after the release of a campaign: `allotted`, the shares, `payable`.
    "share_balance": ("campaign_id", "project_id", "kind", "balance_minor"),
    # The free money of funds.
    "fund_balance": ("fund_id", "currency", "balance_minor"),
    # Movements of the money of funds. `delta_minor` is the change of the fund; `pot_id` is the other side.
    "fund_movement": (
        "transfer_id",
        "key",
        "kind",
        "fund_id",
        "delta_minor",
        "pot_id",
        "donation_id",
        "recorded_at",
    ),
    # What providers hold, charged and lost, and the signed-off differences to them.
    "provider_balance": ("provider", "currency", "kind", "balance_minor"),
    # The postings of statement lines, by their keys.
    "line_posting": ("key", "kind", "amount_minor"),
    # Movements of donated money. `delta_minor` is the change of the project: positive when received, negative when
    # refunded. A donation that was moved to another project has a row for each.
    "donation_movement": (
        "transfer_id",
        "kind",
        "campaign_id",
        "project_id",
        "donation_id",
        "amount_minor",
        "delta_minor",
        "recorded_at",
    ),
    # Movements of the match that projects earned (captured or disbursed). `delta_minor` is the change of the
    # project.
    "earned_movement": (
        "transfer_id",
        "kind",
        "pot_id",
        "project_id",
        "donation_id",
        "delta_minor",
        "recorded_at",
    ),
    # Movements of the free money of pots. `delta_minor` is the change of the pot.
    "pot_movement": (
        "transfer_id",
        "kind",
        "pot_id",
        "amount_minor",
        "delta_minor",
        "donation_id",
        "reservation_id",
        "decision_id",
    ),
    # The movements of reservations, with all that they name.
    "match_movement": (
        "transfer_id",
        "kind",
        "amount_minor",
        "donation_id",
        "reservation_id",
        "decision_id",
        "case_id",
    ),
    # Every transfer with both of its accounts, for vouchers. `campaign_id` and `project_id` are those of either
    # account.
    "journal_movement": (
        "transfer_id",
        "kind",
        "currency",
        "amount_minor",
        "donation_id",
        "campaign_id",
        "project_id",
        "debit_kind",
        "debit_fund_id",
        "debit_pot_id",
        "debit_provider",
        "credit_kind",
        "credit_fund_id",
        "credit_pot_id",
        "credit_provider",
        "recorded_at",
        "debit_project_id",
        "credit_project_id",
    ),
    # Money moved between projects or funds: each transfer of `MOVED`, with both sides.
    "moved_money": (
        "transfer_id",
        "kind",
        "from_project_id",
        "from_fund_id",
        "to_project_id",
        "to_fund_id",
        "amount_minor",
    ),
    # Every transfer without its accounts, for comparing sums over all of them.
    "transfer_amount": ("transfer_id", "kind", "amount_minor"),
}
