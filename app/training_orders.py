"""The order of a training site: a file in TRAINING_DIR that managers write here and `embedded.training` obeys.

The site runs while `order.json` exists; once the file is deleted, the site and its database are thrown away.
`state.json` is the report of `embedded.training`. Neither is ever in our database, because nothing of a training is
(ADR 41).
"""

import json
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from campaigns.audit import record_audit
from campaigns.network.copy_tree import copy_tree
from campaigns.network.roles import Caller
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, NotFound, Unavailable, fault
from settings.training_files import ORDER, STATE, is_kept

MINUTES = (3, 15, 60)  # how long its campaign takes gifts
_ORDERED = ("id", "ordered_by", "branch", "minutes")
LASTS = timedelta(hours=12)  # thrown away automatically after this, our default


class Training(NamedTuple):
    """A training site: who ordered it and when, its end; its address and sign-in once it runs.

    `state`: `starting`, `running` or `failed`.
    """

    id: str
    ordered_by: str
    branch: str | None  # of the manager who ordered it
    ordered_at: datetime
    until: datetime
    minutes: int
    state: str = "starting"
    url: str = ""
    login: str = ""
    password: str = ""
    county: str = ""  # the name of the county that takes part


def current(folder: Path | None) -> Training | None:
    """Return the ordered training site; None if there is none."""
    order = _read(folder, ORDER)
    if not order:
        return None
    state = _read(folder, STATE)
    fields: dict[str, Any] = {name: order[name] for name in _ORDERED}
    fields |= {name: datetime.fromisoformat(order[name]) for name in ("ordered_at", "until")}
    if state.get("id") == order["id"]:
        fields |= {name: state[name] for name in ("state", "url", "login", "password", "county") if name in state}
    return Training(**fields)


def can_be_ordered(folder: Path | None) -> bool:
    """Return whether a keeper is running that starts ordered sites."""
    return folder is not None and is_kept(folder)


def start(tx: Tx, folder: Path | None, minutes: int, caller: Caller) -> Training:
    """Order a training site with a copy of the network; its campaign takes gifts for some minutes, in the branch of
    the caller.

    Raises Invalid `training_invalid`, Conflict `training_running`, Unavailable `training_unavailable`.
    """
    if minutes not in MINUTES:
        raise Invalid("training_invalid", fields={"minutes": fault("not_one_of", options=MINUTES)})
    if folder is None or not can_be_ordered(folder):
        raise Unavailable("training_unavailable")
    order = Training(secrets.token_hex(8), caller.name, caller.branch_code, tx.now, tx.now + LASTS, minutes)
    record_audit(tx, caller.name, "training.start", "training:site", minutes=minutes)
    tx.session.flush()
    _write_new(folder / ORDER, order, copy_tree(tx))  # last, because this starts the site
    return order


def throw_away(tx: Tx, folder: Path | None, actor: str) -> None:
    """Have the training site and everything in it thrown away. Raises NotFound `training_not_there`."""
    order = current(folder)
    if folder is None or order is None:
        raise NotFound("training_not_there")
    record_audit(tx, actor, "training.throw_away", "training:site", ordered_by=order.ordered_by)
    tx.session.flush()
    (folder / ORDER).unlink(missing_ok=True)


def _write_new(path: Path, order: Training, network: str) -> None:
    """Write the file atomically, with the network in it, so that neither exists without the other.

    If several write at once, one succeeds. Raises Conflict `training_running`."""
    fields = {name: getattr(order, name) for name in _ORDERED} | {"network": network}
    fields |= {"ordered_at": order.ordered_at.isoformat(), "until": order.until.isoformat()}
    unfinished = path.with_name(f"{path.name}.{order.id}")
    unfinished.write_text(json.dumps(fields, ensure_ascii=False), encoding="utf-8")
    try:
        os.link(unfinished, path)
    except FileExistsError:
        raise Conflict("training_running") from None
    finally:
        unfinished.unlink()


def _read(folder: Path | None, name: str) -> dict[str, Any]:
    if folder is None:
        return {}
    try:
        read: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return read
