"""Papers on this test's own database."""

from tests.cashier import clock, world
from tests.web.conftest import app, manager, reader

__all__ = ["app", "clock", "manager", "reader", "world"]
