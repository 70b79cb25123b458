"""The folder that keeps the demo's letters."""

import os
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from app.mail.send import send_letters
from app.mail.transport import Folder
from tests.mail.test_letters import DONOR, body
from tests.races.runners import Meeting, at_once
from tests.world import World


def test_the_folder_keeps_letters(world: World, tmp_path: Path) -> None:
    world.pay(world.give(100_00, donor=DONOR))
    url = f"file://{tmp_path}/mailbox"
    assert send_letters(replace(world.deps, mail_url=url, mail_from="no-reply@example.org")) == 1
    ((_key, letter),) = Folder(url).newest(10)
    assert letter["To"] == "xiaoman@example.org" and "收到您捐的 100 元" in body(letter)


def test_two_first_letters_at_once_share_one_new_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder, mkdir, meeting = Folder(f"file://{tmp_path}/letters"), os.mkdir, Meeting()

    def meet(path: str, mode: int = 0o777) -> None:
        meeting.wait()
        mkdir(path, mode)

    monkeypatch.setattr(os, "mkdir", meet)
    letter = EmailMessage()
    letter.set_content("谢谢")
    at_once(*[lambda: folder.send(letter, "xiaoman@example.org")] * 2)
    assert len(folder.newest(10)) == 2
