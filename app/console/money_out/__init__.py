"""Money out: accounts of payees, payout plans and remittances."""
