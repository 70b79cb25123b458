"""All settings, grouped by purpose. Read them through `config.load`, never here."""
