"""The views through which SQL outside this package reads the books: where a statement needs the books and other
tables in one snapshot, or at the price of one query. Migrations create them; everything else reads through
`ledger.statements`.

Amounts are fen. `kind` is an `AccountKind` in `*_balance` and a `TransferKind` in `*_movement`.
"""

# View -> its columns, in order.
VIEWS = {
    # The accounts of pots. `project_id` is NULL for `pot_free`.
    "pot_balance": ("pot_id", "project_id", "kind", "balance_minor"),
    # What donors gave to projects in campaigns, refunds taken off.
    "project_raised": ("campaign_id", "project_id", "raised_minor"),
    # What is done with the money of projects after the release of a campaign: `allotted`, the shares, `payable`.
    "share_balance": ("campaign_id", "project_id", "kind", "balance_minor"),
    # The free money of funds.
    "fund_balance": ("fund_id", "currency", "balance_minor"),
    # Movements of the money of funds. `delta_minor` is what the fund has more or less; `pot_id` the other side.
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
    # What providers hold, kept and lost for us, and the signed-off differences to them.
    "provider_balance": ("provider", "currency", "kind", "balance_minor"),
    # The postings of lines of statements, by their keys.
    "line_posting": ("key", "kind", "amount_minor"),
    # Movements of donated money. `delta_minor` is what the project has more (received) or less (refunded); one that
    # went to another project is a row of each.
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
    # Movements of what projects earned of pots (captured or disbursed). `delta_minor`: what they have more or less.
    "earned_movement": (
        "transfer_id",
        "kind",
        "pot_id",
        "project_id",
        "donation_id",
        "delta_minor",
        "recorded_at",
    ),
    # Movements of what is free in pots. `delta_minor` is what the pot has more or less.
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
    # Every transfer with both of its accounts, for vouchers; `campaign_id` and `project_id` are those of either.
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
    ),
    # Money of projects and funds that was moved to others: each transfer of `MOVED`, with both sides.
    "moved_money": (
        "transfer_id",
        "kind",
        "from_project_id",
        "from_fund_id",
        "to_project_id",
        "to_fund_id",
        "amount_minor",
    ),
    # Every transfer without its accounts: to compare sums over all of them.
    "transfer_amount": ("transfer_id", "kind", "amount_minor"),
}
