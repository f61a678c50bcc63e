"""What a service is told from outside: read once, checked, never repeated."""

from pathlib import Path

import pytest
from pydantic import Field, ValidationError

from shared.settings import ServiceSettings, read_settings, setting_rows

PASSWORD = "hunter2-s3cret"
REQUIRED = {
    "DATABASE_URL": f"postgresql://app:{PASSWORD}@db:5432/referral_api",
    "EVENT_BUS_URL": "kafka://one:9092,two:9092",
    "KEYS_DIR": "/keys",
}


class SomeSettings(ServiceSettings):
    """A service with one setting of its own."""

    minimum_cell: int = Field(default=10, ge=5, description="The smallest count that is shown, in students.")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for row in setting_rows(SomeSettings):
        monkeypatch.delenv(row.name, raising=False)
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_only_three_must_be_set_and_the_rest_have_safe_defaults() -> None:
    settings = SomeSettings.from_environment()
    assert settings.keys_dir == Path("/keys")
    assert settings.host == "127.0.0.1"
    assert settings.body_limit_bytes == 1024 * 1024
    assert (settings.parent_pid, settings.oidc_issuer, settings.otel_exporter_otlp_endpoint) == (None, None, None)
    assert settings.minimum_cell == 10


def test_settings_cannot_be_changed_later() -> None:
    settings = SomeSettings.from_environment()
    with pytest.raises(ValidationError):
        settings.port = 9  # type: ignore[misc]  # the type checker refuses it too


def test_an_empty_variable_counts_as_not_set(environment: pytest.MonkeyPatch) -> None:
    for name in ("OIDC_ISSUER", "PARENT_PID", "PORT"):
        environment.setenv(name, "")
    assert SomeSettings.from_environment().oidc_issuer is None


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        (
            "DATABASE_URL",
            f"mysql://app:{PASSWORD}@db/x",
            "DATABASE_URL: must be sqlite:////folder/file.db or postgresql",
        ),
        ("DATABASE_URL", f"postgresql://app:{PASSWORD}@db", "DATABASE_URL: must be sqlite"),
        ("DATABASE_URL", "sqlite://", "DATABASE_URL: must be sqlite"),
        ("DATABASE_URL", "sqlite:///:memory:", "DATABASE_URL: must be sqlite"),
        ("EVENT_BUS_URL", "kafka://one", "EVENT_BUS_URL: must be sqlite"),
        ("EVENT_BUS_URL", f"amqp://x:{PASSWORD}@one:1", "EVENT_BUS_URL: must be sqlite"),
        ("PORT", "99999", "PORT: Input should be less than or equal to 65535"),
        ("PORT", PASSWORD, "PORT: Input should be a valid integer"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL: Input should be 'debug', 'info', 'warning' or 'error'"),
        ("OIDC_ISSUER", "idp.example", "OIDC_ISSUER: must be an http or https URL"),
        ("OIDC_ISSUER", "https://idp.example", "OIDC_AUDIENCE is needed with OIDC_ISSUER"),
        ("MINIMUM_CELL", "4", "MINIMUM_CELL: Input should be greater than or equal to 5"),
    ],
)
def test_a_wrong_value_is_one_line_without_the_value_and_ends_the_program_with_2(
    name: str, value: str, line: str, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        read_settings(SomeSettings)
    told = capsys.readouterr()
    assert ended.value.code == 2
    assert told.out == ""
    assert told.err.startswith(line)
    assert told.err.count("\n") == 1
    assert PASSWORD not in told.err


def test_every_fault_has_a_line_of_its_own(environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    environment.delenv("DATABASE_URL")
    environment.delenv("KEYS_DIR")
    environment.setenv("PORT", "0")
    with pytest.raises(SystemExit):
        read_settings(SomeSettings)
    assert [line.partition(":")[0] for line in capsys.readouterr().err.splitlines()] == [
        "DATABASE_URL",
        "KEYS_DIR",
        "PORT",
    ]
    assert PASSWORD not in repr(SomeSettings.model_construct(database_url=REQUIRED["DATABASE_URL"]))


def test_the_error_itself_holds_no_value(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", f"mysql://app:{PASSWORD}@db/x")
    with pytest.raises(ValidationError) as failed:
        SomeSettings.from_environment()
    assert PASSWORD not in str(failed.value)


def test_the_password_is_not_shown_when_settings_are_printed() -> None:
    assert PASSWORD not in repr(SomeSettings.from_environment())


def test_the_table_names_every_setting_with_kind_default_and_meaning() -> None:
    rows = {row.name: row for row in setting_rows(SomeSettings)}
    assert [rows[n].default for n in REQUIRED] == ["required"] * 3
    assert rows["PORT"].kind == "whole number, 1 to 65,535"
    assert rows["LOG_LEVEL"].kind == "one of `debug`, `info`, `warning`, `error`"
    assert (rows["PARENT_PID"].kind, rows["PARENT_PID"].default) == ("whole number, at least 2", "not set")
    assert rows["KEYS_DIR"].kind == "path"
    assert rows["MINIMUM_CELL"].default == "`10`"
    assert all(len(row.meaning) > 30 for row in rows.values())
