"""The books as accounting vouchers (凭证): a chart of accounts, periods, vouchers, a trial balance."""
