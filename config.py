"""All settings, read once. Their names and meanings are part of the public contract (see README). Each is declared
in its group in `settings/`."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from settings.keys import KEYS
from settings.safety import LOOPBACK, database_is_local, risks, sslmode_of, unsafe
from settings.together import Config

__all__ = [
    "LOOPBACK",
    "BadSettings",
    "Config",
    "database_is_local",
    "load",
    "require_secrets",
    "risks",
    "sslmode_of",
    "unsafe",
]


class BadSettings(SystemExit):
    """The process must not start half configured. The message names every wrong or missing setting."""


def load(environ: Mapping[str, str] | None = None) -> Config:
    """Read the settings (default: from the process's environment).

    Raises BadSettings if one is invalid or, in production (`BEISHAN_ENV=production`), unsafe.
    """
    variables = os.environ if environ is None else environ
    variables = {name: value for name, value in variables.items() if value}
    secrets, faults = _from_files(variables)
    try:
        config = Config.model_validate(variables | secrets)
    except ValidationError as error:
        faults |= _faults(error)
        config = _sound(variables | secrets, faults)
    dangers = unsafe(config) if config.production else []
    if faults:
        others = [danger for danger in dangers if danger.split()[0] not in faults]
        raise BadSettings("\n".join(["Refusing to start:", *faults.values(), *others]))
    if dangers:
        raise BadSettings("\n".join(["Refusing to start in production:", *dangers]))
    return config


def _from_files(variables: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the secrets whose files are named (`SECRET_KEY_FILE`), as vaults provide them, and a sentence for each
    secret whose file cannot be read or that is set both ways."""
    values: dict[str, str] = {}
    faults: dict[str, str] = {}
    secrets = [str(field.alias) for field in Config.model_fields.values() if not field.repr]
    for name in secrets:
        if not (path := variables.get(f"{name}_FILE")):
            continue
        if name in variables:
            faults[name] = f"{name} and {name}_FILE must not both be set"
            continue
        try:
            values[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            faults[name] = f"{name}_FILE cannot be read: {type(error).__name__}"
    return values, faults


def _sound(values: Mapping[str, str], faults: Mapping[str, str]) -> Config:
    """Return the settings that are valid, the others as if they were unset. If those contradict each other, return
    the defaults."""
    try:
        return Config.model_validate({name: value for name, value in values.items() if name not in faults})
    except ValidationError:
        return Config.model_validate({})


def require_secrets(config: Config) -> None:
    """Refuse to serve or to run jobs without secrets. They have no default; `make run` creates its own in DATA_DIR.

    Raises BadSettings.
    """
    missing = [name for name in KEYS if not getattr(config, name.lower())]
    if missing:
        names = " and ".join(missing)
        raise BadSettings(f"Refusing to start: {names} must be set (make run makes its own in DATA_DIR)")


_REASONS = {
    "int_parsing": "must be a whole number",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
}


def _faults(error: ValidationError) -> dict[str, str]:
    """Return one sentence per wrong setting. A value is shown only if it cannot be a secret (numbers and words)."""
    faults = {}
    for fault in error.errors(include_url=False):
        reason = fault["msg"].removeprefix("Value error, ")
        if fault["type"] in _REASONS:
            reason = f"{_REASONS[fault['type']].format(**fault.get('ctx', {}))}, not {fault['input'][:40]!r}"
        name = str(fault["loc"][0]) if fault["loc"] else ""
        faults[name] = f"{name} {reason}".strip()
    return faults
