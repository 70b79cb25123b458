"""Settings: a wrong one stops the process with a line that names it, never with a traceback."""

import os
from pathlib import Path

import pytest

import config
from app.dependencies import make_dependencies
from app.factory import create_app
from tests.api.client import PRODUCTION
from tests.forked import run


def test_every_wrong_setting_is_named_in_one_message() -> None:
    body = {
        "PORT": "abc",
        "MINIMUM_MINOR": "0",
        "TRUSTED_PROXIES": "-1",
        "REDIS_URL": "http://x",
        "DATABASE_URL": "mysql://beishan:hidden@db/x",
        "STRIPE_METHODS": "card,,alipay",
        "PICTURES_URL": "https://hidden@oss.example.cn/album",
        "LOG_LEVEL": "loud",
        "BEISHAN_ENV": "prod",
    }
    with pytest.raises(config.BadSettings) as refused:
        config.load(body)
    assert str(refused.value).splitlines() == [
        "Refusing to start:",
        "BEISHAN_ENV must be 'production' or 'development', not 'prod'",
        "LOG_LEVEL must be 'DEBUG', 'INFO', 'WARNING', 'ERROR' or 'CRITICAL', not 'LOUD'",
        "DATABASE_URL must begin with postgresql://",
        "REDIS_URL must begin with redis://, rediss:// or unix://",
        "PORT must be a whole number, not 'abc'",
        "TRUSTED_PROXIES must be at least 0, not '-1'",
        "PICTURES_URL must be https://key:secret@host/bucket",
        "STRIPE_METHODS must be names with commas between them",
        "MINIMUM_MINOR must be at least 1, not '0'",
    ]


def test_secrets_come_from_files_of_a_vault(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{PRODUCTION['SECRET_KEY']}\n")
    environ = {name: value for name, value in PRODUCTION.items() if name != "SECRET_KEY"}
    named = environ | {"SECRET_KEY_FILE": str(tmp_path / "key")}
    assert config.load(named).secret_key == PRODUCTION["SECRET_KEY"]
    with pytest.raises(config.BadSettings) as refused:
        config.load(PRODUCTION | {"SECRET_KEY_FILE": str(tmp_path / "key"), "MAIL_URL_FILE": "/nowhere"})
    assert str(refused.value).splitlines()[1:] == [
        "SECRET_KEY and SECRET_KEY_FILE must not both be set",
        "MAIL_URL_FILE cannot be read: FileNotFoundError",
    ]


def test_the_least_donation_is_not_above_the_most() -> None:
    with pytest.raises(config.BadSettings, match="MINIMUM_MINOR must not be greater than MAXIMUM_MINOR"):
        config.load({"MINIMUM_MINOR": "500", "MAXIMUM_MINOR": "400"})


def test_unset_and_empty_variables_have_their_defaults() -> None:
    settings = config.load({"PORT": "8080", "DATABASE_URL": "", "REDIS_URL": "", "SECRET_KEY": ""})
    assert settings.public_url == "http://127.0.0.1:8080"
    assert (settings.database_url, settings.redis_url) == ("", None)
    assert settings.secret_key == "", "there is no default secret"
    assert settings.stripe_methods == ("card", "alipay", "wechat_pay")


def test_a_fresh_checkout_lists_its_routes_without_any_setting() -> None:
    settings = config.load({})
    printed = create_app(settings).test_cli_runner().invoke(args=["routes-access"])
    assert printed.exit_code == 0, printed.output
    assert "`GET /healthz`" in printed.output


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SECRET_KEY", "", "SECRET_KEY is missing"),
        ("SECRET_KEY", "a", "SECRET_KEY must be at least 32 random characters"),
        ("SECRET_KEY", "a" * 64, "SECRET_KEY must be at least 32 random characters"),
        (
            "FIELD_KEY",
            "                                        ",
            "FIELD_KEY must be at least 32 random characters",
        ),
        ("SECRET_KEY", "0123456789" * 4, "SECRET_KEY must be at least 32 random characters"),
        ("FIELD_KEY", "change-me-please" * 4, "FIELD_KEY must be at least 32 random characters"),
        ("SECRET_KEY", "your-secret-key-for-this-installation-1", "SECRET_KEY must be at least 32 random"),
        ("LOOKUP_KEY", "CHANGE_ME_to_forty_letters_from_a_vault", "LOOKUP_KEY must be at least 32 random"),
        ("LOOKUP_KEY", "a" * 64, "LOOKUP_KEY must be at least 32 random characters"),
        ("FIELD_KEY_BEFORE", " " * 40, "FIELD_KEY_BEFORE must be at least 32 random characters"),
        ("LOOKUP_KEY", PRODUCTION["SECRET_KEY"], "and none of the other secrets"),
        ("FIELD_KEY", PRODUCTION["SECRET_KEY"] + " ", "FIELD_KEY must be at least 32 random characters"),
        ("LOOKUP_KEY", "\n" + PRODUCTION["SECRET_KEY"], "LOOKUP_KEY must be at least 32 random characters"),
        ("PUBLIC_URL", "https://give.example.org:99999", "PUBLIC_URL must be https:// and the site's name"),
        ("FIELD_KEY", PRODUCTION["SECRET_KEY"], "the secrets must differ from each other"),
        ("STRIPE_SECRET_KEY", "sk_test_x", "STRIPE_SECRET_KEY must begin with sk_live_ or rk_live_"),
        ("STRIPE_SECRET_KEY", "sk_live_", "followed by the key itself"),
        ("STRIPE_SECRET_KEY", "rk_live_", "followed by the key itself"),
        ("STRIPE_SECRET_KEY", "sk_live_x", "followed by the key itself"),
        ("STRIPE_SECRET_KEY", "sk_live_" + "x" * 40, "followed by the key itself"),
        ("STRIPE_SECRET_KEY", "sk_live_....................", "followed by the key itself"),
        ("STRIPE_SECRET_KEY", "sk_live_<your key of stripe>", "followed by the key itself"),
        ("STRIPE_SECRET_KEY", "sk_live_replace_with_the_key_of_stripe", "followed by the key itself"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_Your_Secret_1234567890", "followed by the key itself"),
        ("STRIPE_WEBHOOK_SECRET", "secret", "STRIPE_WEBHOOK_SECRET must begin with whsec_"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_", "followed by the key itself"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_" + " " * 40, "followed by the key itself"),
        ("REDIS_URL", "redis://redis.internal:6379/0", "REDIS_URL must be rediss://"),
        ("REDIS_URL", "redis://:word@10.0.0.7", "REDIS_URL must be rediss://"),
        ("REDIS_URL", "rediss://redis.internal", "REDIS_URL must be rediss://"),
        ("REDIS_URL", "rediss://:word@redis.internal?ssl_cert_reqs=none", "REDIS_URL must be rediss://"),
        ("REDIS_URL", "redis://127.0.0.1.example.org", "REDIS_URL must be rediss://"),
        ("STRIPE_CHECKOUT_URL", "http://pay.example.org", "STRIPE_CHECKOUT_URL must begin with https://"),
        ("PUBLIC_URL", "", "PUBLIC_URL must begin with https://"),
        ("PUBLIC_URL", "http://give.example.org", "PUBLIC_URL must begin with https://"),
        ("PUBLIC_URL", "https:///give", "PUBLIC_URL must be https:// and the site's name"),
        ("PUBLIC_URL", "https://give.example.org/sub", "PUBLIC_URL must be https:// and the site's name"),
        ("PUBLIC_URL", "https://user:word@give.example.org", "PUBLIC_URL must be https:// and the site's name"),
        ("STRIPE_API_BASE", "http://10.0.0.1", "STRIPE_API_BASE must begin with https://"),
        ("DATABASE_URL", "", "DATABASE_URL is missing"),
        ("DATABASE_URL", "postgresql://db.internal/x", "DATABASE_URL must name sslmode=require"),
        ("DATABASE_URL", "postgresql://db.internal/x?sslmode=prefer", "DATABASE_URL must name sslmode=require"),
        ("DATABASE_URL", "postgresql:///x?host=/run/pg,db2.internal", "DATABASE_URL must name sslmode=require"),
        ("BEISHAN_SANDBOX", "1", "BEISHAN_SANDBOX must not be set"),
        ("BEISHAN_TRAINING", "1", "BEISHAN_TRAINING must not be set"),
    ],
)
def test_production_refuses_what_is_unsafe(name: str, value: str, sentence: str) -> None:
    with pytest.raises(config.BadSettings, match=sentence):
        config.load(PRODUCTION | {name: value})


@pytest.mark.parametrize(
    "name", ["*", "*.example.org", ".", ".org", "https://a.example", "a.example:443", "a.example/b"]
)
@pytest.mark.parametrize("environment", ["production", "development"])
def test_a_trusted_host_is_a_name(name: str, environment: str) -> None:
    with pytest.raises(config.BadSettings, match="TRUSTED_HOSTS must be host names"):
        config.load(PRODUCTION | {"BEISHAN_ENV": environment, "TRUSTED_HOSTS": f"give.example.org,{name}"})


def test_production_says_all_of_it_at_once() -> None:
    with pytest.raises(config.BadSettings) as refused:
        config.load({"BEISHAN_ENV": "production"})
    lines = str(refused.value).splitlines()
    assert len(lines) == 1 + 4 + 2, lines
    unsafe_settings = {
        "STRIPE_SECRET_KEY": "sk_live_",
        "STRIPE_WEBHOOK_SECRET": "whsec_",
        "REDIS_URL": "redis://redis.internal",
        "STRIPE_CHECKOUT_URL": "http://pay.example.org",
        "MAIL_URL": "file:///tmp/box",
        "BEISHAN_SANDBOX": "1",
    }
    with pytest.raises(config.BadSettings) as refused:
        config.load(PRODUCTION | unsafe_settings)
    assert {line.split()[0] for line in str(refused.value).splitlines()[1:]} == set(unsafe_settings)


def test_a_setting_that_cannot_be_read_hides_no_unsafe_one() -> None:
    unsafe_settings = {"PUBLIC_URL": "http://give.example.org", "STRIPE_SECRET_KEY": "sk_test_x"}
    unreadable = {
        "LOG_LEVEL": "loud",
        "DATABASE_URL": "mysql://db/x",
        "FIELD_KEY_FILE": "/nowhere",
        "FIELD_KEY": "",
    }
    with pytest.raises(config.BadSettings) as refused:
        config.load(PRODUCTION | unsafe_settings | unreadable)
    named = [line.split()[0] for line in str(refused.value).splitlines()[1:]]
    assert named == ["FIELD_KEY_FILE", "LOG_LEVEL", "DATABASE_URL", "STRIPE_SECRET_KEY", "PUBLIC_URL"]
    with pytest.raises(config.BadSettings) as refused:
        config.load(PRODUCTION | {"MINIMUM_MINOR": "500", "MAXIMUM_MINOR": "400"})
    assert str(refused.value).splitlines()[1:] == ["MINIMUM_MINOR must not be greater than MAXIMUM_MINOR"]


RISKY = {
    "SECOND_PERSON": "off",
    "SECOND_PERSON_ABOVE_MINOR": "100000001",
    "SECOND_FACTOR": "offered",
    "STRIPE_TEST_MODE": "accept",
    "UNPAID_LIMITS": "off",
    "ADDRESS_REQUESTS_PER_S": "0",
    "TRUSTED_PROXIES": "0",
}


def test_what_a_federation_may_choose_is_told_as_a_risk(capsys: pytest.CaptureFixture[str]) -> None:
    sound = PRODUCTION | {"TRUSTED_PROXIES": "1"}
    assert config.risks(config.load(sound)) == []
    for name, value in RISKY.items():
        (sentence,) = config.risks(config.load(sound | {name: value}))
        assert sentence.startswith(name)
    create_app(config.load(sound | RISKY))
    logged = capsys.readouterr().err
    assert "settings_risky" in logged
    assert all(name in logged for name in RISKY)


@pytest.mark.parametrize(
    "url", ["postgresql:///x?host=/run/pg", "postgresql://127.0.0.1/x", "postgresql://db/x?sslmode=verify-full"]
)
def test_production_starts_with_sound_settings(url: str) -> None:
    assert config.load(PRODUCTION | {"DATABASE_URL": url}).production


@pytest.mark.parametrize(
    "url",
    [
        "redis://127.0.0.1:6379/0",
        "redis://[::1]",
        "unix:///run/redis/redis.sock",
        "rediss://:word@redis.internal",
        "rediss://redis.internal?ssl_certfile=/etc/beishan/redis.pem",
    ],
)
def test_production_takes_a_redis_that_nobody_can_listen_to(url: str) -> None:
    assert config.load(PRODUCTION | {"REDIS_URL": url}).redis_url == url


def test_nothing_is_served_without_secrets() -> None:
    with pytest.raises(config.BadSettings, match="SECRET_KEY and FIELD_KEY must be set"):
        make_dependencies(config.load({"DATABASE_URL": "postgresql:///x"}))


def test_settings_without_effect_are_accepted() -> None:
    config.load({"MAIL_URL": "smtp://x", "STRIPE_PUBLISHABLE_KEY": "pk_test_x"})


def test_settings_do_not_show_their_secrets() -> None:
    shown = repr(config.load({"SECRET_KEY": "s3cret", "DATABASE_URL": "postgresql://beishan:s3cret@db/x"}))
    assert "s3cret" not in shown


@pytest.mark.parametrize("args", [("flask", "--app", "wsgi", "jobs"), ("app.jobs.scheduler",), ("embedded",)])
def test_a_process_with_a_wrong_setting_says_so_without_a_traceback(args: tuple[str, ...], tmp_path: Path) -> None:
    done = run({**os.environ, "PORT": "eight"}, tmp_path, *args)
    assert done.returncode == 1
    assert done.stderr == "Refusing to start:\nPORT must be a whole number, not 'eight'\n"
