"""Console pages of outgoing money: payee accounts, payout plans and remittances."""
