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
MOST_PASSWORD = 1_000  # characters, so that hashing cannot be used to keep the server busy
MOST_LOGIN = 64
MOST_NAME = 80
FIRST_PASSWORD = timedelta(days=7)  # how long a password that we generated is valid; our default, as for links

_hasher = PasswordHasher()  # argon2id with the parameters of RFC 9106, low-memory profile


def create_manager(
    tx: Tx, login: str, password: str | None, role: str, actor: str, branch_code: str | None = None, name: str = ""
) -> Manager:
    """Create a manager, a person who signs in to the console. With password None, a link must set one first.

    Raises Invalid `manager_invalid` with every wrong field and Conflict `login_used`.
    """
    require_manager(tx, login, password, role, branch_code, name)
    password_hash = "" if password is None else hashed(password)
    return store_manager(tx, login, password_hash, role, actor, branch_code, name)


def make_first_password(tx: Tx, manager: Manager) -> None:
    """Let the password of an account expire in a week unless its owner chooses another, because other people have
    seen it."""
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
    """Store a manager that `require_manager` has accepted. Logins are stored in lower case. Raises Conflict
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
    """Return the hash of a password in its stored form. Deliberately slow."""
    return _hasher.hash(password)


def normal_login(login: str) -> str:
    """Return a login in the form in which it is stored and compared."""
    return login.strip().casefold()


def login_faults(login: str, password: str | None, name: str = "") -> dict[str, Fault]:
    """Return the faults of the login, password (None: none yet) and name of an account, by field."""
    faults: dict[str, Fault] = {}
    if refused := text_fault(login, MOST_LOGIN):
        faults["login"] = refused
    if password is not None and (refused := password_fault(login, password)):
        faults["password"] = refused
    return faults | name_faults(name)


def name_faults(name: str) -> dict[str, Fault]:
    """Return the faults of a manager's name, which may be empty."""
    refused = text_fault(name, MOST_NAME) if name else None
    return {"name": refused} if refused else {}


def password_fault(login: str, password: str) -> Fault | None:
    """Return why this is not an acceptable password for this login; None if it is."""
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        return fault("length_out_of_range", least=LEAST_PASSWORD, most=MOST_PASSWORD)
    if not is_storable(password):
        return fault("not_storable")
    if has_login(login, password):
        return fault("login_inside")
    return fault("common_password") if is_common(password) or is_guessable(login, password) else None


def rights_faults(tx: Tx, role: str, branch_code: str | None) -> dict[str, Fault]:
    """Return the faults of the role and the branch of a manager or token, by field."""
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
    """Verify login and password in one step and return the manager; see `admit`."""
    manager = candidate(tx, login)
    return admit(tx, manager, verified=verify(manager, password))


def candidate(tx: Tx, login: str) -> Manager | None:
    """Return the manager whose password is to be verified; None if the login does not exist."""
    return tx.first(select(Manager).where(Manager.login == normal_login(login))) if is_storable(login) else None


def verify(manager: Manager | None, password: str) -> bool:
    """Return whether this is the manager's password.

    Deliberately slow, and equally slow for an unknown login. Call it outside transactions.
    """
    typed = password if len(password) <= MOST_PASSWORD and is_storable(password) else ""
    stored = manager.password_hash if manager else ""
    try:
        return _hasher.verify(stored or _decoy_hash(), typed) and bool(stored)
    except VerificationError:
        return False


def admit(tx: Tx, manager: Manager | None, *, verified: bool) -> Manager:
    """Return the manager whose password was verified, and record the sign-in.

    Raises Forbidden `sign_in_failed` with the same text for a wrong login, a wrong password and a disabled account,
    so that it does not reveal which logins exist. Raises Forbidden `password_expired` for a correct password that
    we generated and whose owner did not replace it in time.
    """
    if manager is None or not verified or manager.disabled_at is not None:
        raise Forbidden("sign_in_failed")
    if manager.password_until is not None and manager.password_until <= tx.now:
        raise Forbidden("password_expired")
    record_audit(tx, manager.login, "manager.sign_in", f"manager:{manager.id}")
    return manager


@cache
def _decoy_hash() -> str:
    """Return the hash against which passwords of unknown logins are verified. Created on first use, because that
    takes time."""
    return _hasher.hash("nobody has this password, and knowing it opens nothing")


def caller_of(manager: Manager) -> Caller:
    """Return a signed-in manager as a caller."""
    owner = f"manager:{manager.id}"
    return Caller(manager.login, manager.role, manager.branch_code, owner, manager_id=manager.id)
