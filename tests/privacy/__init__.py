"""What is personal: sealed, exported, erased."""
