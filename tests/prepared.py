"""What each application of a test process would do again: compile its templates, register its addresses."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple
from weakref import WeakSet

from flask import Blueprint
from jinja2.bccache import Bucket, BytecodeCache, FileSystemBytecodeCache
from werkzeug.routing import Map, Rule, RuleFactory
from werkzeug.routing.matcher import StateMachineMatcher

from app import factory
from app.http.rules import LazyRule
from tests.run_folder import shared


class CompiledTemplates(BytecodeCache):
    """Templates, compiled once per run."""

    def __init__(self) -> None:
        self._compiled: dict[str, Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._compiled.get(bucket.key)
        if bucket.code is None and (folder := shared("templates")):
            FileSystemBytecodeCache(str(folder)).load_bytecode(bucket)
            self._compiled[bucket.key] = bucket.code

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.code
        if folder := shared("templates"):
            FileSystemBytecodeCache(str(folder)).dump_bytecode(bucket)


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


class KnownMap(Map):
    """The addresses of an application, found by what was made ready for the first one that has the same."""

    _known: ClassVar[dict[Any, tuple[StateMachineMatcher, dict[Any, list[Rule]]]]] = {}

    def __init__(self, *args: Any, **options: Any) -> None:
        self.waiting: list[Rule] = []  # all rules; they become those of a map when somebody looks one up
        super().__init__(*args, **options)

    def add(self, rulefactory: RuleFactory) -> None:
        self.waiting += rulefactory.get_rules(self)
        self._remap = True

    def update(self) -> None:
        if not self._remap:
            return
        key = *map(_signature, self.waiting), *self.converters.items()
        if key not in self._known:
            self._matcher, self._rules_by_endpoint = StateMachineMatcher(self.merge_slashes), {}
            for rule in self.waiting:
                super().add(_unbound(rule))
            super().update()
            self._known[key] = self._matcher, self._rules_by_endpoint
        self._matcher, self._rules_by_endpoint = self._known[key]
        self._remap = False


def _signature(rule: Rule) -> Any:
    return rule.rule, rule.endpoint, *sorted(rule.methods or ())


def _unbound(rule: Rule) -> Rule:
    copy: Any = rule.empty()
    copy.defaults = rule.defaults
    copy.provide_automatic_options = rule.provide_automatic_options  # type: ignore[attr-defined]
    return copy


class Brought(NamedTuple):
    """What a blueprint brings to an application."""

    rules: list[Rule]
    views: dict[str, Any]
    others: list[Callable[..., Any]]  # what it does beside adding addresses


class PreparedApplication(factory.Application):
    """Registers the addresses of a blueprint once per process, and all else that it brings for each application."""

    jinja_options: ClassVar[dict[str, Any]] = {"bytecode_cache": CompiledTemplates()}
    url_rule_class = KnownRule
    url_map_class = KnownMap
    _seen: ClassVar[WeakSet[Blueprint]] = WeakSet()  # some are made for one application
    _brought: ClassVar[dict[Blueprint, Brought]] = {}

    def register_blueprint(self, blueprint: Any, **options: Any) -> None:
        addresses: Any = self.url_map
        if brought := self._brought.get(blueprint):
            deferred, blueprint.deferred_functions = blueprint.deferred_functions, brought.others
            try:
                super().register_blueprint(blueprint, **options)
            finally:
                blueprint.deferred_functions = deferred
            self.view_functions.update(brought.views)
            addresses.waiting += brought.rules
            return
        start, views = len(addresses.waiting), set(self.view_functions)
        super().register_blueprint(blueprint, **options)
        if blueprint in self._seen:
            self._brought[blueprint] = Brought(
                addresses.waiting[start:],
                {name: view for name, view in self.view_functions.items() if name not in views},
                [each for each in blueprint.deferred_functions if not _adds_address(each)],
            )
        self._seen.add(blueprint)


class _OnlyAddresses:
    """Stands for an application to which nothing but addresses can be added."""

    def add_url_rule(self, *_args: Any, **_options: Any) -> None:
        """Take it."""


def _adds_address(deferred: Callable[..., Any]) -> bool:
    try:
        deferred(_OnlyAddresses())
    except AttributeError:
        return False
    return True


def prepare() -> None:
    """Let all applications of this process share them."""
    factory.Application = PreparedApplication  # type: ignore[misc]
