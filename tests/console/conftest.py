"""The console in front of a small campaign."""

from tests.payments.servers import Server
from tests.web.conftest import app, clock, manager, reader, world

__all__ = ["Server", "app", "clock", "manager", "reader", "world"]
