"""People who sign in to the console."""

from datetime import timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlmodel import select

from campaigns.audit import record_audit
from campaigns.network.models import Manager
from campaigns.network.organisations import find
from campaigns.network.passwords import has_login, is_common, is_guessable
from campaigns.network.roles import Caller, Role
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound, fault
from kernel.text import is_storable, text_fault

LEAST_PASSWORD = 10  # characters
MOST_PASSWORD = 1_000  # characters: hashing must not become a way to keep us busy
MOST_LOGIN = 64
MOST_NAME = 80
FIRST_PASSWORD = timedelta(days=7)  # how long one that we made signs in; our default, as for links

_hasher = PasswordHasher()  # argon2id with the parameters of RFC 9106, low-memory profile


def create_manager(
    tx: Tx, login: str, password: str | None, role: str, actor: str, branch_code: str | None = None, name: str = ""
) -> Manager:
    """Create a manager: a person who signs in to the console; without a password (None) once a link has set one.

    Raises Invalid `manager_invalid` with every wrong field and Conflict `login_used`.
    """
    require_manager(tx, login, password, role, branch_code, name)
    password_hash = "" if password is None else hashed(password)
    return store_manager(tx, login, password_hash, role, actor, branch_code, name)


def make_first_password(tx: Tx, manager: Manager) -> None:
    """Let the password of an account end in a week unless its owner chooses another: others saw it."""
    manager.password_until = tx.now + FIRST_PASSWORD
    tx.add(manager)


def require_manager(
    tx: Tx, login: str, password: str | None, role: str, branch_code: str | None, name: str
) -> None:
    """Raise Invalid `manager_invalid` with every wrong field of a new manager, before the password is hashed."""
    if faults := login_faults(login, password, name) | rights_faults(tx, role, branch_code):
        raise Invalid("manager_invalid", fields=faults)


def store_manager(
    tx: Tx, login: str, password_hash: str, role: str, actor: str, branch_code: str | None, name: str
) -> Manager:
    """Store a manager whose faults were looked for. Logins are stored in lower case. Raises Conflict
    `login_used`."""
    manager_id = tx.scalar(
        """INSERT INTO manager (login, name, password_hash, role, branch_code, created_at)
           VALUES (:login, :name, :hash, :role, :branch, :now) ON CONFLICT (login) DO NOTHING RETURNING id""",
        login=normal_login(login),
        name=name.strip(),
        hash=password_hash,
        role=role,
        branch=branch_code,
        now=tx.now,
    )
    if manager_id is None:
        raise Conflict("login_used", fields={"login": fault("taken")})
    record_audit(tx, actor, "manager.create", f"manager:{manager_id}", role=role, branch_code=branch_code)
    return find_manager(tx, manager_id)


def hashed(password: str) -> str:
    """Return the hash of a password, as it is stored. Slow on purpose."""
    return _hasher.hash(password)


def normal_login(login: str) -> str:
    """Return a login as it is stored and compared."""
    return login.strip().casefold()


def login_faults(login: str, password: str | None, name: str = "") -> dict[str, Fault]:
    """Return what keeps these from being the login, password (None: none yet) and name of an account, by field."""
    faults: dict[str, Fault] = {}
    if refused := text_fault(login, MOST_LOGIN):
        faults["login"] = refused
    if password is not None and (refused := password_fault(login, password)):
        faults["password"] = refused
    return faults | name_faults(name)


def name_faults(name: str) -> dict[str, Fault]:
    """Return what is wrong with the name of a manager; it may be empty."""
    refused = text_fault(name, MOST_NAME) if name else None
    return {"name": refused} if refused else {}


def password_fault(login: str, password: str) -> Fault | None:
    """Return why this cannot be the password of this login; None when it can."""
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        return fault("length_out_of_range", least=LEAST_PASSWORD, most=MOST_PASSWORD)
    if not is_storable(password):
        return fault("not_storable")
    if has_login(login, password):
        return fault("login_inside")
    return fault("common_password") if is_common(password) or is_guessable(login, password) else None


def rights_faults(tx: Tx, role: str, branch_code: str | None) -> dict[str, Fault]:
    """Return what is wrong with the role and the branch of a manager or token, by field."""
    faults: dict[str, Fault] = {}
    if role not in tuple(Role):
        faults["role"] = fault("not_one_of", options=list(Role))
    if branch_code is not None:
        try:
            if find(tx, branch_code).closed_at is not None:
                faults["branch"] = fault("organisation_closed")
        except NotFound:
            faults["branch"] = fault("unknown_organisation")
    return faults


def find_manager(tx: Tx, manager_id: int) -> Manager:
    """Return the manager with this id. Raises NotFound `manager_unknown`."""
    manager = tx.get(Manager, manager_id)
    if manager is None:
        raise NotFound("manager_unknown")
    return manager


def sign_in(tx: Tx, login: str, password: str) -> Manager:
    """Return the manager with this login and password, in one go; see `admit`."""
    manager = candidate(tx, login)
    return admit(tx, manager, verified=verify(manager, password))


def candidate(tx: Tx, login: str) -> Manager | None:
    """Return whose password is to be verified, if there is such a login."""
    return tx.first(select(Manager).where(Manager.login == normal_login(login))) if is_storable(login) else None


def verify(manager: Manager | None, password: str) -> bool:
    """Whether this is the manager's password. Slow on purpose, and as slow for nobody: call it outside of
    transactions."""
    typed = password if len(password) <= MOST_PASSWORD and is_storable(password) else ""
    stored = manager.password_hash if manager else ""
    try:
        return _hasher.verify(stored or _decoy_hash(), typed) and bool(stored)
    except VerificationError:
        return False


def admit(tx: Tx, manager: Manager | None, *, verified: bool) -> Manager:
    """Return the manager whose password was verified, and record it.

    Raises Forbidden `sign_in_failed`, with the same words whether the login or the password is wrong or the account
    is off: nobody learns here which logins exist. Raises Forbidden `password_expired` for a right password that we
    made and whose owner did not choose another in time.
    """
    if manager is None or not verified or manager.disabled_at is not None:
        raise Forbidden("sign_in_failed")
    if manager.password_until is not None and manager.password_until <= tx.now:
        raise Forbidden("password_expired")
    record_audit(tx, manager.login, "manager.sign_in", f"manager:{manager.id}")
    return manager


@cache
def _decoy_hash() -> str:
    """A hash to verify passwords of unknown logins against. Made on first use, as that takes time."""
    return _hasher.hash("nobody has this password, and knowing it opens nothing")


def caller_of(manager: Manager) -> Caller:
    """Return a signed-in manager as a caller."""
    owner = f"manager:{manager.id}"
    return Caller(manager.login, manager.role, manager.branch_code, owner, manager_id=manager.id)
