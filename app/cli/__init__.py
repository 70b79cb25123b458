"""The commands of `flask --app wsgi`. They call the same use cases as the API and the console."""
