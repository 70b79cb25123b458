"""The inbox: messages from outside are stored once, sealed and compared."""
