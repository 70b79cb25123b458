"""Who a donor is: identity, contact, consents, keys."""
