"""Attackers who hold connections by moving a byte per second on each."""

import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from bench.load import MOST_WAIT_S

CONNECTIONS = 50


class Trickle:
    """Connections on which a byte per second is received, or sent. `met` counts the opened ones."""

    def __init__(self, port: int, request: bytes, body: bytes = b"") -> None:
        self._port, self._request, self._body = port, request, body
        self._connections: dict[socket.socket, Iterator[int]] = {}
        self._due = time.monotonic()
        self.met = 0
        self.statuses: Counter[int] = Counter()

    def close(self) -> None:
        """Close all connections."""
        for connection in self._connections:
            connection.close()

    def turn(self) -> None:
        """Open missing connections, a few at a time, and move a byte on each once per second."""
        for _ in range(min(CONNECTIONS - len(self._connections), 5)):
            with suppress(OSError):
                self._open()
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + 1
            ended = [connection for connection in self._connections if not self._moves(connection)]
            for connection in ended:
                del self._connections[connection]
                connection.close()
        time.sleep(0.02)

    def _open(self) -> None:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # the least that the system allows
        connection.settimeout(MOST_WAIT_S)
        connection.connect(("127.0.0.1", self._port))
        connection.sendall(self._request)
        connection.setblocking(False)
        self._connections[connection] = iter(self._body)
        self.met += 1

    def _moves(self, connection: socket.socket) -> bool:
        """Move a byte; return False once the server has closed the connection."""
        byte = next(self._connections[connection], None)
        try:
            if byte is None:
                return bool(connection.recv(1))
            connection.send(bytes([byte]))
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True
