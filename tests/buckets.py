"""A server with an S3 interface on this machine, with one bucket for PICTURES_URL. It checks no signatures."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded.process import Child, free_port, port_is_free, wait_until

NAME = "pictures"


@contextmanager
def bucket(folder: Path) -> Iterator[tuple[Child, str]]:
    """Serve a bucket whose files lie in `folder`; yield the server, and its address with a key."""
    (folder / NAME).mkdir(parents=True)
    port = free_port()
    args = [sys.executable, "-m", "localbucket", str(folder), "--port", str(port)]
    server = Child(args, folder / "server.log")
    server.start()
    try:
        assert wait_until(lambda: not port_is_free(port), 20), server.log_tail()
        yield server, f"http://key:secret@127.0.0.1:{port}/{NAME}"
    finally:
        server.kill()
