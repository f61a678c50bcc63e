"""Secrets of the containers: made once, closed to others, and added to when a service is new."""

from pathlib import Path

import scripts.compose_secrets
from scripts.compose_secrets import SERVICES, write_secrets

ROOT = Path(scripts.compose_secrets.__file__).parents[1]


def test_each_service_gets_a_password_of_its_own_that_the_database_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"

    written = write_secrets(folder)

    told = dict(line.split("=", 1) for line in (folder / "postgres.env").read_text(encoding="utf-8").splitlines())
    for service, package in SERVICES.items():
        password = told[f"{package.upper()}_PASSWORD"]
        assert f"{package}:{password}@postgres:5432/{package}" in (folder / f"{service}.env").read_text("utf-8")
    assert len(set(told.values())) == len(SERVICES) + 1
    assert {oct(file.stat().st_mode & 0o777) for file in written} == {"0o600"}
    assert write_secrets(folder) == []


def test_a_service_that_is_new_is_added_and_what_was_there_stays(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    write_secrets(folder)
    before = (folder / "postgres.env").read_text(encoding="utf-8").splitlines()
    (folder / "training-registry.env").unlink()
    older = [line for line in before if not line.startswith("TRAINING_REGISTRY")]
    (folder / "postgres.env").write_text("".join(f"{line}\n" for line in older), encoding="utf-8")

    write_secrets(folder)

    now = (folder / "postgres.env").read_text(encoding="utf-8").splitlines()
    assert now[:-1] == older
    assert now[-1].startswith("TRAINING_REGISTRY_PASSWORD=")


def test_every_service_has_its_place_in_the_image_the_compose_file_and_the_database() -> None:
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    databases = (ROOT / "deploy/postgres/create-databases.sh").read_text(encoding="utf-8")
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")

    for service, package in SERVICES.items():
        assert f"env_file: [secrets/{service}.env]" in compose
        assert f"file: ./secrets/keys/field-keys-{package}.json" in compose
        assert f"command: [{package}, migrate]" in compose
        assert f'create {package} "${package.upper()}_PASSWORD"' in databases
        assert f"/opt/rapport/services/{service}" in image
