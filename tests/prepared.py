"""What each application of a test process would do again: compile its templates, read the rules of addresses."""

from collections.abc import Mapping
from typing import Any, ClassVar

from jinja2.bccache import Bucket, BytecodeCache

from app.factory import Application
from app.http.rules import LazyRule


class CompiledTemplates(BytecodeCache):
    """Templates, compiled once per process."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()


class KnownRule(LazyRule):
    """A rule of an address, compiled once per process."""

    _known: ClassVar[dict[Any, Mapping[str, Any]]] = {}

    def compile(self) -> None:
        key = self.rule, self.subdomain, self.host, self.merge_slashes, self.map.host_matching, repr(self.defaults)
        if key not in self._known:
            super().compile()
            names = "_parts", "_trace", "_converters", "arguments", "_build", "_build_unknown"
            self._known[key] = {name: getattr(self, name) for name in names}
            return
        for name, compiled in self._known[key].items():
            setattr(self, name, compiled.__func__.__get__(self, None) if callable(compiled) else compiled)


def prepare() -> None:
    """Let all applications of this process share them."""
    Application.jinja_options = {"bytecode_cache": CompiledTemplates()}
    Application.url_rule_class = KnownRule
