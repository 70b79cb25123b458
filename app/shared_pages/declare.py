"""Which views are shared: the same for everybody who asks in the same language.

    @blueprint.get("/c/<slug>/standings")
    @access.public
    @shared_pages.shared("by", "page")
    def standings(slug: str) -> str: ...

The view is called with nothing of the visitor (`front.py`): neither cookies nor other parameters than those named.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


class Shared(NamedTuple):
    """The declaration of a view: the parameters that decide what it shows, and those that make it one's own."""

    parameters: frozenset[str]
    private: frozenset[str]
    speaks: bool  # whether it differs by language


def shared(*parameters: str, private: tuple[str, ...] = (), speaks: bool = True) -> Callable[[View], View]:
    """Declare a view as shared. An address with one of the `private` parameters (what a visitor typed) is not."""

    def declare(view: View) -> View:
        view.shared = Shared(frozenset(parameters), frozenset(private), speaks)  # type: ignore[attr-defined]
        return view

    return declare


def shared_of(view: object) -> Shared | None:
    """Return what a view declares; None for one that belongs to its visitor."""
    declaration: Shared | None = getattr(view, "shared", None)
    return declaration
