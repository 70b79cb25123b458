"""The inbox: messages stored once, sealed, compared."""
