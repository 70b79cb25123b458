"""Every setting, in the group of what it is for. Read them through `config.load`, never here."""
