"""The environment of templates, with one dictionary of names for all of them."""

from collections.abc import MutableMapping
from typing import Any

from flask.templating import Environment


class Templates(Environment):
    """Flask's environment. Jinja gives each template a chain of its own names and those of the environment, which
    is looked through in Python for each page and each import; no template here has names of its own."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals
