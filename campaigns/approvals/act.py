"""Types of acts that may need a second person: an act, and an attempt to perform it."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from campaigns.dependencies import Dependencies
from campaigns.network.roles import Permission
from kernel.db import Tx


class Attempt(NamedTuple):
    """A requested act: its subject (a key), its arguments (as in JSON), the actor and the reason."""

    deps: Dependencies
    subject: Any
    arguments: Mapping[str, Any]
    actor: str
    reason: str


class Act(NamedTuple):
    """An act. `kind` is the kind of resource it is performed on, as routes name it; `read` parses its key from
    text.

    `stake` returns the fen at stake: above the installation's limit a second person is needed; None means always.
    `makers` returns who created what is decided; they need a second person regardless of the stake. `part` returns
    which part of the subject an act is about: acts on different parts can wait at the same time.
    """

    permission: Permission
    kind: str
    read: Callable[[str], Any]
    do: Callable[[Tx, Attempt], Any]
    stake: Callable[[Tx, Attempt], int | None] | None = None
    makers: Callable[[Tx, Attempt], set[str]] | None = None
    part: Callable[[Mapping[str, Any]], str] | None = None
