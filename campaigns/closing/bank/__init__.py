"""Compare the bank with the books and the providers."""
