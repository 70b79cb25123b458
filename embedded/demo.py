"""What the demo generates and keeps in DATA_DIR: secrets and the sandbox's port."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from embedded.process import free_port, port_is_free, wait_until

SECRETS = ("SECRET_KEY", "FIELD_KEY", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET")
_PORT_SECONDS = 3.0


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


def sandbox_port(data_dir: Path, preferred: int) -> int:
    """Return the sandbox's port, the same on every run if it is free, so that old checkout links keep working."""
    path = data_dir / "sandbox.port"
    port = int(path.read_text()) if path.exists() else preferred
    # The sandbox of a killed run may need a moment to exit.
    if not wait_until(lambda: port_is_free(port), _PORT_SECONDS if path.exists() else 0.0):
        port = free_port()
    _write_private(path, str(port))
    return port


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
