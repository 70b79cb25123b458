"""Self-checks (自查): what the nodes that carried out projects of a released event say of its money."""
