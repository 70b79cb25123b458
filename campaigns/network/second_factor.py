"""The second factor of signing in: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for a lost
phone. A code works once; the secret is sealed with FIELD_KEY."""

import base64
import secrets
from typing import NamedTuple

from pyotp import TOTP, random_base32
from sqlalchemy import delete
from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.network.models import Manager, RecoveryCode
from campaigns.network.people import find_manager
from campaigns.network.roles import SENSITIVE
from campaigns.network.secret_tokens import token_hash
from campaigns.network.sessions import end_sessions
from kernel.db import Tx
from kernel.errors import Conflict, Forbidden
from kernel.human_input import read_code
from kernel.ids import same
from kernel.keys import Keys

ISSUER = "倍善"
CODES = 10
_CODE_BYTES = 15  # 24 characters, 120 bits: cannot be guessed, so the hash need not be slow (ASVS 6.5.2: 112)
_STEP_S = 30
_DRIFT = 1  # steps by which the phone's clock may be off (RFC 6238, 5.2)


class Enrolment(NamedTuple):
    """What a manager types or scans into the app: the secret, also as a URI."""

    secret: str
    address: str


def is_set_up(manager: Manager) -> bool:
    """Return whether a manager signs in with a second factor."""
    return manager.totp_since is not None


def is_required(manager: Manager, *, installation_requires: bool) -> bool:
    """Return whether a manager must have a second factor."""
    return installation_requires and manager.role in SENSITIVE


def begin(tx: Tx, keys: Keys, manager_id: int) -> Enrolment:
    """Return the secret for the app, the same until it is confirmed. Raises Conflict `second_factor_exists`."""
    manager = _locked(tx, manager_id)
    if is_set_up(manager):
        raise Conflict("second_factor_exists")
    if manager.totp_sealed is None:
        manager.totp_sealed = keys.wrap_text(random_base32(), context_of(manager.id))
    secret = keys.unwrap_text(manager.totp_sealed, context_of(manager.id))
    return Enrolment(secret, TOTP(secret).provisioning_uri(name=manager.login, issuer_name=ISSUER))


def confirm(tx: Tx, keys: Keys, manager_id: int, code: str) -> list[str]:
    """Require the second factor from now on, since this code proves that the app has the secret. Return the
    recovery codes, which are shown only now.

    Raises Conflict `second_factor_exists`, Forbidden `code_wrong`.
    """
    manager = _locked(tx, manager_id)
    if is_set_up(manager):
        raise Conflict("second_factor_exists")
    if not _is_right(tx, keys, manager, code):
        raise Forbidden("code_wrong")
    manager.totp_since = tx.now
    record_audit(tx, manager.login, "second_factor.set_up", f"manager:{manager.id}")
    return _new_recovery_codes(tx, manager_id)


def require_code(tx: Tx, keys: Keys, manager_id: int, code: str) -> None:
    """Require a code of the app, or a recovery code; each works once. Raises Forbidden `code_wrong`."""
    manager = _locked(tx, manager_id)
    if not is_set_up(manager):
        raise Forbidden("code_wrong")
    if not _is_right(tx, keys, manager, code) and not _use_recovery_code(tx, manager, code):
        raise Forbidden("code_wrong")


def renew_recovery_codes(tx: Tx, keys: Keys, manager_id: int, code: str) -> list[str]:
    """Replace the recovery codes and return the new ones, which are shown only now. Raises Forbidden
    `code_wrong`."""
    require_code(tx, keys, manager_id, code)
    manager = find_manager(tx, manager_id)
    record_audit(tx, manager.login, "second_factor.recovery_codes", f"manager:{manager_id}")
    return _new_recovery_codes(tx, manager_id)


def recovery_codes_left(tx: Tx, manager_id: int) -> int:
    """Return how many recovery codes are unused."""
    query = select(RecoveryCode.id).where(
        RecoveryCode.manager_id == manager_id, col(RecoveryCode.used_at).is_(None)
    )
    return len(tx.all(query))


def reset(tx: Tx, manager_id: int, actor: str) -> None:
    """Remove the second factor of an account whose owner lost it, and end its sessions, so that they set it up
    again.

    The operator must make sure that the request really comes from the owner.
    """
    manager = _locked(tx, manager_id)
    manager.totp_sealed = manager.totp_since = None  # the last step stays, so that no code of today works twice
    _drop_recovery_codes(tx, manager_id)
    ended = end_sessions(tx, manager_id)
    record_audit(tx, actor, "second_factor.reset", f"manager:{manager_id}", sessions=ended)


def _locked(tx: Tx, manager_id: int) -> Manager:
    manager = tx.get(Manager, manager_id, lock=True)
    assert manager is not None
    return manager


def context_of(manager_id: int | None) -> str:
    """Return the context to which the sealed secret of a manager's app is bound."""
    return f"totp:{manager_id}"


def _is_right(tx: Tx, keys: Keys, manager: Manager, code: str) -> bool:
    """Return whether this code is currently valid and neither it nor a later one has been used."""
    digits = read_code(code)
    if manager.totp_sealed is None or not (digits.isascii() and digits.isdigit()):
        return False
    app = TOTP(keys.unwrap_text(manager.totp_sealed, context_of(manager.id)), interval=_STEP_S)
    now = int(tx.now.timestamp()) // _STEP_S
    for step in range(now - _DRIFT, now + _DRIFT + 1):
        if same(app.generate_otp(step), digits) and step > (manager.totp_step or 0):
            manager.totp_step = step
            return True
    return False


def _use_recovery_code(tx: Tx, manager: Manager, code: str) -> bool:
    query = select(RecoveryCode).where(
        RecoveryCode.manager_id == manager.id,
        RecoveryCode.code_hash == token_hash(read_code(code).upper()),
        col(RecoveryCode.used_at).is_(None),
    )
    recovery = tx.first(query.with_for_update())
    if recovery is None:
        return False
    recovery.used_at = tx.now
    record_audit(tx, manager.login, "second_factor.recovery_code", f"manager:{manager.id}")
    return True


def _new_recovery_codes(tx: Tx, manager_id: int) -> list[str]:
    _drop_recovery_codes(tx, manager_id)
    plain = [base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode() for _ in range(CODES)]
    tx.add_all(RecoveryCode(manager_id=manager_id, code_hash=token_hash(code), created_at=tx.now) for code in plain)
    return ["-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in plain]


def _drop_recovery_codes(tx: Tx, manager_id: int) -> None:
    tx.session.execute(delete(RecoveryCode).where(col(RecoveryCode.manager_id) == manager_id))
