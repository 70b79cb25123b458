"""Settings: a wrong one stops the process with a line that names it, never with a traceback."""

import os
import subprocess
import sys

import pytest

import config


def test_every_wrong_setting_is_named_in_one_message() -> None:
    wrong = {
        "PORT": "abc",
        "MINIMUM_MINOR": "0",
        "TRUSTED_PROXIES": "-1",
        "REDIS_URL": "http://x",
        "DATABASE_URL": "mysql://beishan:hidden@db/x",
        "STRIPE_METHODS": "card,,alipay",
        "LOG_LEVEL": "loud",
        "BEISHAN_ENV": "prod",
    }
    with pytest.raises(config.BadSettings) as refused:
        config.load(wrong)
    assert str(refused.value).splitlines() == [
        "Refusing to start:",
        "DATABASE_URL must begin with postgresql://",
        "REDIS_URL must begin with redis://, rediss:// or unix://",
        "PORT must be a whole number, not 'abc'",
        "STRIPE_METHODS must be names with commas between them",
        "LOG_LEVEL must be 'DEBUG', 'INFO', 'WARNING', 'ERROR' or 'CRITICAL', not 'LOUD'",
        "BEISHAN_ENV must be 'production' or 'development', not 'prod'",
        "MINIMUM_MINOR must be at least 1, not '0'",
        "TRUSTED_PROXIES must be at least 0, not '-1'",
    ]


def test_the_least_donation_is_not_above_the_most() -> None:
    with pytest.raises(config.BadSettings, match="MINIMUM_MINOR must not be greater than MAXIMUM_MINOR"):
        config.load({"MINIMUM_MINOR": "500", "MAXIMUM_MINOR": "400"})


def test_what_is_not_set_has_its_default_and_an_empty_variable_is_not_set() -> None:
    settings = config.load({"PORT": "8080", "DATABASE_URL": "", "REDIS_URL": "", "SECRET_KEY": ""})
    assert settings.public_url == "http://127.0.0.1:8080"
    assert (settings.database_url, settings.redis_url) == ("", None)
    assert settings.secret_key == config.DEFAULT_SECRET
    assert settings.stripe_methods == ("card", "alipay", "wechat_pay")


def test_settings_without_effect_are_accepted() -> None:
    config.load({"MAIL_URL": "smtp://x", "STRIPE_PUBLISHABLE_KEY": "pk_test_x"})


def test_settings_do_not_show_their_secrets() -> None:
    shown = repr(config.load({"SECRET_KEY": "s3cret", "DATABASE_URL": "postgresql://beishan:s3cret@db/x"}))
    assert "s3cret" not in shown


def test_a_process_with_a_wrong_setting_says_so_without_a_traceback() -> None:
    for command in (["-m", "flask", "--app", "wsgi", "jobs"], ["-m", "app.jobs.scheduler"], ["-m", "embedded"]):
        done = subprocess.run(
            [sys.executable, *command], env={**os.environ, "PORT": "eight"}, capture_output=True, text=True
        )
        assert done.returncode == 1
        assert done.stderr == "Refusing to start:\nPORT must be a whole number, not 'eight'\n"
