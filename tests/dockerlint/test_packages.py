"""What shell commands do with packages, and where their caches are."""

from __future__ import annotations

import pytest

from dockerlint import caches
from dockerlint.knowledge.packages import APT, CARGO, GO, MANAGER_OF, MANAGERS, NPM, PIP, YUM, Manager
from dockerlint.packages import Call, answers_yes, brings, installed, name_of, named, read
from dockerlint.shell import Command

from .harness import read as lint


def command(run: str, base: str = "debian:13-slim", before: str = "") -> Command:
    """The last command of a RUN."""
    (*_, instruction) = lint(f"FROM {base}\n{before}RUN {run}\n", []).dockerfile.stages[-1].of("RUN")
    return instruction.commands[-1]


def call(run: str, base: str = "debian:13-slim", before: str = "") -> Call:
    found = read(command(run, base, before))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("run", "manager", "verb", "action"),
    [
        ("apt-get -o Acquire::Retries=3 install -y curl", "apt", "install", "install"),
        ("/usr/bin/apt-get -y dist-upgrade", "apt", "dist-upgrade", "upgrade"),
        ("apk --no-cache add curl", "apk", "add", "install"),
        ("yum -y update", "yum", "update", "upgrade"),
        ("dnf module install -y nodejs:22", "dnf", "module install", "install"),
        ("pacman -Syu --noconfirm git", "pacman", "-Syu", "install"),
        ("pacman -Sy", "pacman", "-Sy", "update"),
        ("python3.14 -m pip install -r requirements.txt", "pip", "install", "restore"),
        ("pip install .", "pip", "install", "install"),
        ("uv pip install --system requests", "uv", "pip install", "install"),
        ("npm install", "npm", "install", "restore"),
        ("npm --prefix web install express", "npm", "install", "install"),
        ("npm run build", "npm", "run", ""),
        ("yarn", "yarn", "", "restore"),
        ("yarn --version", "yarn", "", ""),
        ("bundle _2.7.2_ install --jobs 4", "bundler", "install", "restore"),
        ("go mod download", "go", "mod download", "restore"),
        ("go install ./cmd/app", "go", "install", "build"),
        ("go install example.com/x@v1.0.0", "go", "install", "install"),
        ("cargo +nightly build --release", "cargo", "build", "build"),
        ("cargo install --path .", "cargo", "install", "build"),
        ("./mvnw -B -DskipTests package", "maven", "package", "build"),
        ("mvn dependency:go-offline", "maven", "dependency:go-offline", "restore"),
        ("gradle -x test bootJar", "gradle", "bootJar", "build"),
        ("composer install --no-dev", "composer", "install", "restore"),
        ("dotnet tool install -g dotnet-ef", "nuget", "tool install", "install"),
    ],
)
def test_a_call_is_read(run: str, manager: str, verb: str, action: str) -> None:
    found = call(run)
    assert (found.manager.name, found.verb, found.action) == (manager, verb, action)


@pytest.mark.parametrize("run", ["echo apt-get install curl", "python app.py", "python -m venv /venv", "ls /usr/bin/npm"])
def test_what_calls_no_package_manager(run: str) -> None:
    assert read(command(run)) is None


@pytest.mark.parametrize(
    ("manager", "package", "name"),
    [
        (APT, "curl=8.14.*", "curl"),
        (APT, "libc6:amd64", "libc6"),
        (APT, "git/trixie-backports", "git"),
        (APT, "g++", "g++"),
        (PIP, "uvicorn[standard]>=0.30,<1", "uvicorn"),
        (PIP, "requests", "requests"),
        (NPM, "@scope/tool@1.2.3", "@scope/tool"),
        (GO, "example.com/tool@latest", "example.com/tool"),
        (YUM, "httpd-2.4.62", "httpd-2.4.62"),
    ],
)
def test_the_bare_name_of_a_package(manager: Manager, package: str, name: str) -> None:
    assert name_of(manager, package) == name


def test_what_is_installed_and_what_that_brings() -> None:
    assert list(installed(command("apt-get install -y curl=8.* procps gcc-"))) == ["curl", "procps"]
    assert {"ps", "procps", "curl"} <= set(brings(command("apt-get install -y curl procps")))
    assert list(installed(command("npm ci"))) == []


def test_variables_in_a_list_of_packages() -> None:
    assert list(installed(command('LIST="curl git" && apt-get install -y $LIST'))) == ["curl", "git"]
    assert list(installed(command("apt-get install -y $LIST", before="ENV LIST='curl git'\n"))) == ["curl", "git"]
    assert [package for _, package in named(call("apt-get install -y $UNKNOWN curl"))] == ["$UNKNOWN", "curl"]


@pytest.mark.parametrize("run", ["apt-get -qqy install a", "apt-get install -q=2 a", "apt-get -q -q install a", "yes | apt-get install a"])
def test_questions_that_are_answered(run: str) -> None:
    assert answers_yes(call(run))


@pytest.mark.parametrize("run", ["apt-get install a", "apt-get -q install a", "apt-get install a --quiet"])
def test_questions_that_are_not(run: str) -> None:
    assert not answers_yes(call(run))


@pytest.mark.parametrize(
    ("run", "base", "before", "place"),
    [
        ("pip install x", "python:3.14-slim", "", "/root/.cache/pip"),
        ("pip install x", "python:3.14-slim", "USER app\n", "/home/app/.cache/pip"),
        ("pip install x", "python:3.14-slim", "ENV PIP_CACHE_DIR=/cache\n", "/cache"),
        ("pip install --cache-dir /c x", "python:3.14-slim", "", "/c"),
        ("pip install x", "python:3.14-slim", "ENV HOME=/srv\n", "/srv/.cache/pip"),
        ("npm ci", "node:24-slim", "USER 1000\n", "/home/node/.npm"),
        ("npm ci", "node:24-slim", "ENV npm_config_cache=/n\n", "/n"),
        ("pnpm install", "node:24-slim", "ENV PNPM_HOME=/pnpm\n", "/pnpm/store"),
        ("go build", "golang:1.27", "", "/go/pkg/mod"),
        ("go build", "debian:13-slim", "", "/root/go/pkg/mod"),
        ("cargo build", "rust:1.98", "", "/usr/local/cargo/registry"),
        ("cargo build", "debian:13-slim", "ENV CARGO_HOME=/cargo\n", "/cargo/registry"),
        ("composer install", "composer:2.9", "", "/tmp/cache"),
    ],
)
def test_where_a_cache_is(run: str, base: str, before: str, place: str) -> None:
    found = call(run, base, before)
    assert caches.places(found, found.manager.caches[0])[0] == place


def test_an_unknown_base_may_be_either() -> None:
    found = call("cargo build", "registry.example.com/rust:1")
    assert caches.places(found, CARGO.caches[0]) == ("/usr/local/cargo/registry", "/root/.cargo/registry")


@pytest.mark.parametrize(
    ("pattern", "folder", "emptied"),
    [
        ("/var/lib/apt/lists/*", "/var/lib/apt/lists", True),
        ("/var/lib/apt", "/var/lib/apt/lists", True),
        ("/var/lib/apt/lists/*_*", "/var/lib/apt/lists", True),
        ("/var/cache/apk/APKINDEX*", "/var/cache/apk", True),
        ("/var/cache/*", "/var/cache/apk", True),
        ("/var/lib/apt/lists*", "/var/lib/apt/lists", True),
        ("/var/lib/apt/lists/partial", "/var/lib/apt/lists", False),
        ("/src/.git/*.lock", "/src/.git", False),
        ("/var/lib/apt/listsx", "/var/lib/apt/lists", False),
    ],
)
def test_what_a_deletion_empties(pattern: str, folder: str, emptied: bool) -> None:
    assert caches.empties(pattern, folder) is emptied


def test_the_table_is_sound() -> None:
    assert len(MANAGER_OF) == sum(len(manager.commands) for manager in MANAGERS)
    for manager in MANAGERS:
        assert set(manager.actions.values()) <= {"install", "restore", "build", "update", "upgrade", "remove", "clean", ""}
        assert all(option.startswith("-") for option in manager.valued)
        assert all(cache.path or cache.official for cache in manager.caches)
        assert not manager.system or manager.clean
