"""What an act is that may need a second person, and the attempt to do it."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from campaigns.dependencies import Dependencies
from campaigns.network.roles import Permission
from kernel.db import Tx


class Attempt(NamedTuple):
    """An act that somebody wants done: on what (its key), with what (as JSON has it), by whom, and why."""

    deps: Dependencies
    subject: Any
    arguments: Mapping[str, Any]
    actor: str
    reason: str


class Act(NamedTuple):
    """An act. `kind` is the kind of resource that it is done to, as routes name it; `read` makes its key from text.

    `stake` returns the fen at stake: above the installation's limit a second person is needed; None: always.
    `makers` returns who made what is decided about: they need a second person, whatever is at stake. `part` returns
    which part of the subject an act is about: those of different parts wait beside each other.
    """

    permission: Permission
    kind: str
    read: Callable[[str], Any]
    do: Callable[[Tx, Attempt], Any]
    stake: Callable[[Tx, Attempt], int | None] | None = None
    makers: Callable[[Tx, Attempt], set[str]] | None = None
    part: Callable[[Mapping[str, Any]], str] | None = None
