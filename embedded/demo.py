"""What the demo keeps in DATA_DIR: its generated secrets and the sandbox's port."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

SECRETS = ("SECRET_KEY", "FIELD_KEY", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET")


def load_secrets(data_dir: Path) -> dict[str, str]:
    """Return the demo's random secrets, created on the first run and unchanged afterwards (file mode 600).

    FIELD_KEY is 32 bytes in URL-safe base64. Losing the file makes stored personal data unreadable.
    """
    path = data_dir / "secrets.json"
    if path.exists():
        kept: dict[str, str] = json.loads(path.read_text())
        if set(SECRETS) <= set(kept):
            return kept
    else:
        kept = {}
    kept = {**_new_secrets(), **kept}
    _write_private(path, json.dumps(kept, indent=2))
    return kept


def keep_sandbox_port(data_dir: Path, port: int) -> None:
    """Write down the sandbox's port for commands that run beside the demo."""
    _write_private(data_dir / "sandbox.port", str(port))


def with_defaults(environ: Mapping[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with `defaults` for unset or empty names. Values set by the user take precedence."""
    return {**environ, **{name: value for name, value in defaults.items() if not environ.get(name)}}


def _new_secrets() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "STRIPE_SECRET_KEY": f"sk_test_{secrets.token_hex(24)}",
        "STRIPE_WEBHOOK_SECRET": f"whsec_{secrets.token_hex(24)}",
    }


def _write_private(path: Path, text: str) -> None:
    """Write a file atomically, readable by its owner only, because a crash must not leave half a secret."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
