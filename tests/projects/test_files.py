"""Stores of files: a folder and a bucket do the same; one that does not answer says so and holds nobody up."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.bucket import BucketStore, parse_bucket
from app.cli.doctor import pictures_line
from kernel.errors import Unavailable
from kernel.files import FileStore, FolderStore
from tests.buckets import bucket

NAME, OTHER = f"{'a' * 32}-360.webp", f"{'b' * 32}-720.webp"
# A store that takes a second to refuse, in a process whose requests share one thread.
SHARED_THREAD = """
from gevent import monkey; monkey.patch_all()
import gevent, time
from gevent.server import StreamServer
from app.bucket import BucketStore
from kernel.errors import Unavailable

def slow(socket, _address):
    gevent.sleep(0.3)
    socket.sendall(b"HTTP/1.1 403 Forbidden\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n")
    socket.close()

server = StreamServer(("127.0.0.1", 0), slow); server.start()
store = BucketStore(f"http://key:secret@127.0.0.1:{server.server_port}/pictures")
try:
    store.read("a" * 32 + "-360.webp")
except Unavailable:
    print("refused")
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with bucket(tmp_path_factory.mktemp("bucket")) as (_server, url):
        yield url


@pytest.fixture(params=["folder", "bucket", "prefix"])
def store(request: pytest.FixtureRequest, tmp_path: Path, address: str) -> FileStore:
    if request.param == "folder":
        return FolderStore(tmp_path)
    return BucketStore(address if request.param == "bucket" else f"{address}/of/beishan")


def test_a_file_is_there_until_it_is_deleted(store: FileStore) -> None:
    assert store.read(NAME) is None and list(store.stored()) == []
    assert pictures_line(store).ok
    store.write(NAME, b"one")
    store.write(NAME, b"one")
    store.write(OTHER, b"two")
    assert store.read(NAME) == b"one"
    assert sorted(file.name for file in store.stored()) == [NAME, OTHER]
    age = datetime.now(UTC) - next(store.stored()).written_at
    assert timedelta(seconds=-2) < age < timedelta(minutes=1)
    assert store.sweep(datetime.now(UTC)) == 0
    store.delete(NAME, OTHER, NAME)
    assert store.read(NAME) is None and list(store.stored()) == []


@pytest.mark.parametrize("name", ["../secret", "x.webp", f"{'a' * 32}-360.webp/..", f"{'A' * 32}-360.webp"])
def test_names_that_are_not_ours_reach_no_store(store: FileStore, name: str) -> None:
    for act in (lambda: store.read(name), lambda: store.write(name, b"x"), lambda: store.delete(name)):
        with pytest.raises(ValueError, match="not a name of ours"):
            act()


def test_a_store_that_is_down_or_not_there_says_so(tmp_path: Path, address: str) -> None:
    missing = BucketStore(f"{address}-of-nobody")
    assert not pictures_line(missing).ok
    with bucket(tmp_path / "down") as (server, url):
        store = BucketStore(url)
        store.write(NAME, b"one")
        server.kill()
        for act in (lambda: store.read(NAME), lambda: store.write(OTHER, b"x"), lambda: store.delete(NAME)):
            with pytest.raises(Unavailable, match="pictures_unavailable"):
                act()
        assert not pictures_line(store).ok


def test_waiting_for_a_store_does_not_block_the_thread() -> None:
    """The slow server and the one who waits for it share a thread: neither would ever come to its turn."""
    done = subprocess.run(
        [sys.executable, "-c", SHARED_THREAD], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout.endswith("refused\n") and "Traceback" not in done.stderr, done.stderr


def test_the_address_of_a_bucket_is_parsed() -> None:
    plain = parse_bucket("https://key:a%2Fb@oss.example.cn:9000/album/of/beishan?region=cn-north-1")
    assert plain == ("https://oss.example.cn:9000", "album", "of/beishan", "key", "a/b", "cn-north-1", False)
    assert parse_bucket("https://key:s@oss.example.cn/album?host=bucket").named_host
