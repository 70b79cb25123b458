"""All settings, read once. Their names and meanings are part of the public contract (see README). Each is declared
in its group in `settings/`."""

import os
from collections.abc import Iterator, Mapping
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
    try:
        config = Config.model_validate(variables | _from_files(variables))
    except ValidationError as error:
        raise BadSettings("\n".join(["Refusing to start:", *_faults(error)])) from None
    if config.production and (faults := unsafe(config)):
        raise BadSettings("\n".join(["Refusing to start in production:", *faults]))
    return config


def _from_files(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets whose files are named (`SECRET_KEY_FILE`), as vaults provide them. Raises BadSettings
    naming every file that cannot be read, and every secret that is set both ways."""
    values, faults = {}, []
    secrets = [str(field.alias) for field in Config.model_fields.values() if not field.repr]
    for name in secrets:
        if not (path := variables.get(f"{name}_FILE")):
            continue
        if name in variables:
            faults.append(f"{name} and {name}_FILE must not both be set")
            continue
        try:
            values[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{name}_FILE cannot be read: {type(error).__name__}")
    if faults:
        raise BadSettings("\n".join(["Refusing to start:", *faults]))
    return values


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


def _faults(error: ValidationError) -> Iterator[str]:
    """Yield one line per wrong setting. A value is shown only if it cannot be a secret (numbers and words)."""
    for fault in error.errors(include_url=False):
        reason = fault["msg"].removeprefix("Value error, ")
        if fault["type"] in _REASONS:
            reason = f"{_REASONS[fault['type']].format(**fault.get('ctx', {}))}, not {fault['input'][:40]!r}"
        yield " ".join([*map(str, fault["loc"][:1]), reason])
