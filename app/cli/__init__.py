"""The commands of `flask --app wsgi`: what is done from a terminal, through the same use cases."""

from flask import Flask

from app.cli import books, imports, jobs, people, replay, screening


def attach(app: Flask) -> None:
    for module in (books, imports, jobs, people, replay, screening):
        for command in module.COMMANDS:
            app.cli.add_command(command)
