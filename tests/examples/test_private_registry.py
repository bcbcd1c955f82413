"""A build that needs a token: without the right one nothing is installed and the last words say why; with it nobody finds it afterwards."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from harness import npm_registry
from harness.registry import HOST, running
from imageproof.errors import ProofError
from imageproof.proof import prove

from .bundled import ALL, EXAMPLES, Prepared

NAME = "nodejs-private-registry"
EXAMPLE = next(example for example in ALL if example.name == NAME)
DEPENDENCIES = ("--no-cache-filter", "deps", "--target", "deps", "--output", "type=cacheonly")
"""Installs anew whatever was installed before: a secret is no part of what a cached step is known by."""


class Registry(NamedTuple):
    """A registry that is up."""

    token: str
    options: dict[str, tuple[str, ...]]
    container: str

    def asked(self) -> str:
        """The requests that it had, with the statuses that it answered."""
        return subprocess.run(["docker", "logs", self.container], capture_output=True, text=True, check=True).stderr


@pytest.fixture(scope="module")
def registry(engine: str) -> Iterator[Registry]:
    token = secrets.token_urlsafe(24)
    with running(token) as (address, container):
        yield Registry(token, {"add_host": (f"{HOST}:{address}",)}, container)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return Prepared(EXAMPLE, tmp_path_factory.mktemp("private"))


def test_the_lock_file_knows_the_package() -> None:
    """Without an engine: what the registry serves is what the lock file has the digest of."""
    lock = json.loads((EXAMPLES / NAME / "package-lock.json").read_text(encoding="utf-8"))
    locked = lock["packages"][f"node_modules/{npm_registry.NAME}"]
    assert locked == {"version": npm_registry.VERSION, "integrity": npm_registry.integrity(npm_registry.archive())}


def test_no_file_of_the_example_holds_a_token() -> None:
    settings = (EXAMPLES / NAME / ".npmrc").read_text(encoding="utf-8")
    assert f"//{HOST}/:_authToken=${{NPM_TOKEN}}\n" in settings
    assert settings.count("_authToken") == 1


def test_the_token_installs_and_is_not_told(prepared: Prepared, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPM_TOKEN", registry.token)
    done = prepared.build(registry.options, *DEPENDENCIES)
    assert done.returncode == 0, done.stderr
    assert registry.token not in done.stdout + done.stderr
    assert '" 200 ' in registry.asked()
    kept = "--mount=type=cache,target=/root/.npm test -d /root/.npm/_cacache"  # it outlives the build, and others may mount it
    text = f"FROM node:26-trixie-slim\nRUN {kept} && ! grep --recursive --quiet --fixed-strings -e {registry.token} /root/.npm\n"
    done = prepared.build({}, "--output", "type=cacheonly", text=text)
    assert done.returncode == 0, done.stderr


def test_without_the_variable_nothing_is_built(prepared: Prepared, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NPM_TOKEN", raising=False)
    before = registry.asked()
    done = prepared.build(registry.options, *DEPENDENCIES)
    assert done.returncode != 0
    assert "failed to stat NPM_TOKEN" in done.stderr
    assert registry.asked() == before, "npm did not even begin"


def test_without_the_secret_it_says_how_to_give_it(registry: Registry, tmp_path: Path) -> None:
    other = Prepared(EXAMPLE, tmp_path)
    manifest = other.context / "package.json"  # one of which nothing is cached: a cached step wants no secret
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("1.0.0", f"1.0.0-{secrets.token_hex(4)}"), encoding="utf-8")
    with pytest.raises(ProofError, match="the build needs the secret NPM_TOKEN: give it by --secret id=NPM_TOKEN"):
        prove(other.spec(registry.options)._replace(secret=()))


@pytest.mark.parametrize("token", ["", "not-the-token"])
def test_a_wrong_token_is_refused(token: str, prepared: Prepared, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPM_TOKEN", token)
    before = registry.asked()
    done = prepared.build(registry.options, *DEPENDENCIES)
    assert done.returncode != 0
    assert "npm error code E401" in done.stderr
    assert '" 401 ' in registry.asked().removeprefix(before)
