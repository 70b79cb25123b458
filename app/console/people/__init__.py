"""Console pages of people: accounts, invitations, sign-in, API tokens and the audit trail."""
