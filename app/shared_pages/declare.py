"""Which views are shared: the same for every visitor with the same language.

    @blueprint.get("/c/<slug>/standings")
    @access.public
    @shared_pages.shared("by", "page")
    def standings(slug: str) -> str: ...

The view is called without anything of the visitor (`front.py`): no cookies, and only the declared parameters.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


class Shared(NamedTuple):
    """The declaration of a shared view: the parameters that decide its content, and those that make it private."""

    parameters: frozenset[str]
    private: frozenset[str]
    speaks: bool  # whether the content differs by language


def shared(*parameters: str, private: tuple[str, ...] = (), speaks: bool = True) -> Callable[[View], View]:
    """Declare a view as shared, except with one of the `private` parameters, which hold what a visitor typed."""

    def declare(view: View) -> View:
        view.shared = Shared(frozenset(parameters), frozenset(private), speaks)  # type: ignore[attr-defined]
        return view

    return declare


def shared_of(view: object) -> Shared | None:
    """Return the declaration of a view; None if the view is not shared."""
    declaration: Shared | None = getattr(view, "shared", None)
    return declaration
