"""The commands of `flask --app wsgi`: what is done from a terminal, through the same use cases."""
