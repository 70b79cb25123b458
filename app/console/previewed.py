"""Forms that are saved only after a preview, which is a rehearsal of the change."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from werkzeug.wrappers import Response

from app.console.blueprint import make_once, rehearse
from app.console.forms import ConsoleForm
from kernel.db import Tx
from kernel.errors import Refusal

Command = TypeVar("Command")
Form = TypeVar("Form", bound=ConsoleForm, contravariant=True)
Preview = dict[str, Any]


class Page(Protocol[Form]):
    """A function that renders the form, with a preview below it if there is one."""

    def __call__(self, form: Form, preview: Preview | None = None) -> str: ...


def show_or_save(
    form: Form,
    command: Command | None,
    *,
    page: Page[Form],
    preview: Callable[[Tx, Command], Preview],
    save: Callable[[Command], Response],
) -> str | Response:
    """Save a command that was previewed and is unchanged; otherwise show the form with a preview.

    `command` is None until the form is complete. A refusal is shown at its fields.
    """
    if command is None or form.faults:
        return page(form)
    try:
        if form.confirmed:
            return make_once(lambda: save(command))
        return page(form, rehearse(lambda tx: preview(tx, command)))
    except Refusal as refusal:
        form.add_refusal(refusal)
        return page(form)
