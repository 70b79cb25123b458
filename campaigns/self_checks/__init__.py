"""Self-checks (自查): what nodes that carried out projects of a released campaign report about its money."""
