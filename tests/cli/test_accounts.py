"""Accounts and sessions at the terminal."""

import pytest

from campaigns.network.people import sign_in
from campaigns.network.sessions import manager_of_session, start_session
from kernel.errors import Forbidden
from tests.cli.conftest import Terminal
from tests.world import World

PASSWORD = "correct horse"


def test_an_account_from_beginning_to_end(terminal: Terminal, world: World) -> None:
    made = ("users", "create", "lin", "--role", "manager", "--password-stdin")
    assert terminal.ok(*made, typed=f"{PASSWORD}\n") == "login: lin\n", "a password that was typed is not repeated"
    token = world.do(lambda tx: start_session(tx, sign_in(tx, "lin", PASSWORD)))
    number = terminal.ok("sessions", "list", "lin").split()[0]
    assert terminal.ok("sessions", "end", number) == f"session {number} is ended\n"
    assert world.do(manager_of_session, token) is None
    assert terminal.ok("sessions", "list", "lin") == ""

    terminal.ok("users", "role", "lin", "--role", "auditor", "--branch", "4101")
    terminal.ok("users", "role", "lin", "--role", "finance")
    assert terminal.ok("users", "list").split() == ["lin", "finance", "4101", "on"]
    terminal.ok("users", "role", "lin", "--role", "finance", "--whole-network")
    assert terminal.ok("users", "disable", "lin") == "lin is off; sessions ended: 0\n"
    assert terminal.ok("users", "list").split() == ["lin", "finance", "all", "off"]
    terminal.ok("users", "enable", "lin")

    terminal.ok("users", "password", "lin", "--password-stdin", typed="battery staple\n")
    assert world.do(sign_in, "lin", "battery staple").login == "lin"
    made_up = terminal.ok("users", "password", "lin").split("password: ")[1].splitlines()[0]
    assert world.do(sign_in, "lin", made_up).login == "lin"
    world.clock.advance(days=7)
    with pytest.raises(Forbidden, match="password_expired"):
        world.do(sign_in, "lin", made_up)
    terminal.ok("users", "password", "lin", "--password-stdin", typed="battery staple\n")
    assert world.do(sign_in, "lin", "battery staple").login == "lin", "one that a person chose does not end"


def test_the_terminal_refuses_unknown_accounts_and_sessions(terminal: Terminal) -> None:
    terminal.refused("manager_unknown", "users", "disable", "nobody")
    terminal.refused("manager_unknown", "sessions", "list", "nobody")
    terminal.refused("session_unknown", "sessions", "end", "404")
    assert terminal.run("users", "create", "lin", "--role", "manager", "--password", PASSWORD).exit_code == 2
    terminal.refused("manager_invalid", "users", "create", "lin", "--role", "manager", "--password-stdin", typed="")
