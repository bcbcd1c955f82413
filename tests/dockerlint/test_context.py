"""What is in a build context, how much of it is read, and where it is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockerlint import context
from dockerlint.context import Context, has_wildcards, is_remote


def plant(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture(params=["disk", "memory"])
def of_files(request: pytest.FixtureRequest, tmp_path: Path):  # type: ignore[no-untyped-def]
    def make(files: dict[str, str], dockerfile: str = "Dockerfile") -> Context:
        if request.param == "memory":
            return Context.of_files(files, dockerfile)
        plant(tmp_path, files)
        return Context(str(tmp_path), str(tmp_path / dockerfile), given=True)

    return make


def test_paths(of_files) -> None:  # type: ignore[no-untyped-def]
    files = of_files({"src/a.py": "A", "README.md": "R"})
    for path in ("src/a.py", "./src/a.py", "/src/a.py", "../src//a.py", "src/../README.md"):
        assert files.exists(path) is True
    assert files.exists("src") and files.is_folder("src") and not files.is_folder("src/a.py")
    assert files.exists("nope") is False
    assert files.exists("README.md/x") is False
    assert files.read("src/a.py") == "A"
    assert files.read("src") is None
    assert files.read("nope") is None
    assert files.exists(".") is True


def test_entries_nearest_first_without_what_is_ignored(of_files) -> None:  # type: ignore[no-untyped-def]
    files = of_files(
        {
            ".dockerignore": "b\n!b/keep\n*.log\n",
            "b/keep": "",
            "b/other": "",
            "a/c/d": "",
            "a/e": "",
            "x.log": "",
            "node_modules/p/i.js": "",
        }
    )
    assert list(files.entries()) == [
        (".dockerignore", False),
        ("a", True),
        ("node_modules", True),
        ("a/c", True),
        ("a/e", False),
        ("b/keep", False),
        ("a/c/d", False),
    ]
    assert list(files.files()) == [".dockerignore", "a/e", "b/keep", "a/c/d"]
    assert files.complete


def test_ignored(of_files) -> None:  # type: ignore[no-untyped-def]
    files = of_files({".dockerignore": "# c\ndist\nb\n!b/keep\n", "dist/x": "", "b/keep": ""})
    assert files.ignored("dist/x") and files.ignored("/dist") and not files.ignored(".") and not files.ignored("src")
    assert files.ignoring("dist").line == 2
    assert files.sent("dist/x") is False
    assert files.sent("b") is True and files.ignored("b")
    assert files.sent("b/keep") is True
    assert files.sent("nope") is False


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("package*.json", ["package-lock.json", "package.json"]),
        ("*/package.json", ["apps/package.json"]),
        ("apps/*", ["apps/package.json", "apps/web"]),
        ("apps/web/[!a]*", []),
        ("apps/*/x?", ["apps/web/x1"]),
        ("./apps/w*b", ["apps/web"]),
        ("nope*", []),
        ("nope/*", []),
        ("[", []),
        ("package.json", ["package.json"]),
    ],
)
def test_wildcards(of_files, pattern: str, found: list[str]) -> None:  # type: ignore[no-untyped-def]
    files = of_files({"package.json": "", "package-lock.json": "", "apps/package.json": "", "apps/web/x1": ""})
    assert files.matches(pattern) == found


def test_which_ignore_file(of_files) -> None:  # type: ignore[no-untyped-def]
    both = {".dockerignore": "a", "docker/web.Dockerfile.dockerignore": "b"}
    own = of_files(both, "docker/web.Dockerfile")
    assert own.ignored("b") and not own.ignored("a") and own.ignore_file.endswith("web.Dockerfile.dockerignore")
    other = of_files(both, "docker/api.Dockerfile")
    assert other.ignored("a") and not other.ignored("b") and other.ignore_file.endswith(".dockerignore")


def test_an_empty_ignore_file_of_its_own_counts(of_files) -> None:  # type: ignore[no-untyped-def]
    assert not of_files({".dockerignore": "a", "Dockerfile.dockerignore": "# all of it\n"}).ignored("a")


def test_nothing_known() -> None:
    nothing = Context()
    assert nothing.root is None and not nothing.known and not nothing.sure
    assert nothing.exists("a") is None and nothing.is_folder("a") is None and nothing.sent("a") is None
    assert nothing.read("a") is None and nothing.matches("*") is None
    assert not nothing.ignored("a") and nothing.ignore_file is None and not nothing.ignore
    assert list(nothing.entries()) == []


def test_links_do_not_lead_out(tmp_path: Path) -> None:
    plant(tmp_path, {"secret": "S", "root/a": "A", "root/d/x": "X"})
    root = tmp_path / "root"
    (root / "out").symlink_to(tmp_path / "secret")
    (root / "up").symlink_to("..")
    (root / "in").symlink_to("d")
    (root / "broken").symlink_to("nothing")
    (root / "d" / "loop").symlink_to(".")
    files = Context(str(root), given=True)
    assert files.exists("out") is None and files.read("out") is None
    assert files.exists("up/secret") is None and files.read("up/secret") is None
    assert files.exists("broken") is None
    assert files.is_folder("in") and files.read("in/x") == "X"
    assert [path for path, folder in files.entries() if folder] == ["d"]
    assert files.matches("up/*") == []
    assert "d/loop" in dict(files.entries())


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, {f"d{number}/f": "" for number in range(9)} | {"big": "x" * 2_000})
    monkeypatch.setattr(context, "MOST_ENTRIES", 10)
    monkeypatch.setattr(context, "MOST_BYTES", 1_000)
    files = Context(str(tmp_path), given=True)
    assert len(list(files.entries())) == 10
    assert len(list(files.entries())) == 10
    assert not files.complete
    assert files.read("big") is None


def test_nothing_is_read_before_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockerlint.context.os.scandir", None)
    monkeypatch.setattr("dockerlint.context.os.path.lexists", None)
    Context.near("/nowhere/Dockerfile", lambda: pytest.fail("asked for the sources"))
    Context("/nowhere", "/nowhere/Dockerfile", given=True)


@pytest.mark.parametrize(
    ("files", "dockerfile", "sources", "root", "sure"),
    [
        ({"app.py": ""}, "Dockerfile", ["app.py", "."], ".", True),
        ({"app.py": "", "docker/x": ""}, "docker/Dockerfile", ["app.py"], ".", True),
        ({"app.py": "", "docker/app.py": ""}, "docker/Dockerfile", ["app.py"], "docker", True),
        (
            {"go.mod": "", "cmd/x.go": "", "deploy/docker/entrypoint.sh": ""},
            "deploy/docker/Dockerfile",
            ["go.mod", "cmd", "deploy/docker/entrypoint.sh"],
            ".",
            True,
        ),
        ({"package.json": ""}, "Dockerfile", ["package*.json", "dist"], ".", True),
        ({"x": ""}, "Dockerfile", ["."], ".", False),
        ({"x": ""}, "Dockerfile", ["nope"], None, False),
    ],
)
def test_where_the_context_is(
    tmp_path: Path, files: dict[str, str], dockerfile: str, sources: list[str], root: str | None, sure: bool
) -> None:
    plant(tmp_path, {**files, dockerfile: "", ".git/HEAD": ""})
    near = Context.near(str(tmp_path / dockerfile), lambda: sources)
    assert near.root == (None if root is None else str(tmp_path / root).removesuffix("/."))
    assert near.sure is sure
    later = Context.near(str(tmp_path / dockerfile))
    later.expect(lambda: sources)
    assert (later.root, later.sure) == (near.root, near.sure)


COMPOSE = """
services:
  web:
    image: web
    build: &web
      args: [A=1]
      context: .
      dockerfile: docker/Dockerfile
  api: {build: ./other}
  worker:
    build: ./worker
  remote:
    build: https://git.example.com/a.git
"""
BAKE = """
target "web" {
  context = "."
  dockerfile = "docker/Dockerfile"
}
target "_base" { }
"""


@pytest.mark.parametrize(
    ("files", "dockerfile", "root"),
    [
        ({"compose.yaml": COMPOSE}, "docker/Dockerfile", "."),
        ({"docker-compose.prod.yml": COMPOSE}, "worker/Dockerfile", "worker"),
        ({"docker-bake.hcl": BAKE}, "docker/Dockerfile", "."),
        ({"docker/compose.yaml": COMPOSE.replace("context: .", "context: ..")}, "docker/Dockerfile", "."),
        ({"compose.yaml": COMPOSE}, "docker/other.Dockerfile", "docker"),
        ({"compose.yaml": COMPOSE.replace("context: .", "context: $ROOT")}, "docker/Dockerfile", "docker"),
        ({"compose.yaml": "build: docker\n"}, "docker/Dockerfile", "docker"),
    ],
)
def test_a_compose_or_bake_file_says_where_the_context_is(tmp_path: Path, files: dict[str, str], dockerfile: str, root: str) -> None:
    plant(tmp_path, {"app.py": "", "docker/app.py": "", "worker/app.py": "", **files, dockerfile: "", ".git/HEAD": ""})
    assert Context.near(str(tmp_path / dockerfile), lambda: ["app.py"]).root == str(tmp_path / root).removesuffix("/.")


def test_the_search_ends_at_the_repository(tmp_path: Path) -> None:
    plant(tmp_path, {"app.py": "", "repository/.git/HEAD": "", "repository/docker/Dockerfile": ""})
    assert Context.near(str(tmp_path / "repository/docker/Dockerfile"), lambda: ["app.py"]).root is None


@pytest.mark.parametrize(
    ("path", "wild"), [("a*", True), ("a?", True), ("[a]", True), (r"a\*", False), ("a]", False), (r"\\*", True), ("", False)]
)
def test_wildcards_are_seen(path: str, wild: bool) -> None:
    assert has_wildcards(path) is wild


@pytest.mark.parametrize(
    ("source", "remote"),
    [
        ("https://example.com/a", True),
        ("http://example.com/a", True),
        ("git@github.com:a/b.git", True),
        ("git://x/y", True),
        ("ssh://a@b/c", True),
        ("https", False),
        ("a@b/c", False),
        ("a/b@c:d", False),
    ],
)
def test_remote_sources(source: str, remote: bool) -> None:
    assert is_remote(source) is remote


def test_an_ignore_file_that_nobody_reads(of_files) -> None:  # type: ignore[no-untyped-def]
    unread = {"docker/.dockerignore": "a", "app.py": ""}
    assert of_files(unread, "docker/Dockerfile").unread_ignore_file == "docker/.dockerignore"
    assert of_files(unread).unread_ignore_file is None
    assert of_files({**unread, "docker/Dockerfile.dockerignore": ""}, "docker/Dockerfile").unread_ignore_file is None
    assert of_files({"app.py": ""}, "docker2/Dockerfile").unread_ignore_file is None
    assert Context().unread_ignore_file is None


def test_contexts_of_one_folder_share_what_was_seen(tmp_path: Path) -> None:
    plant(tmp_path, {"a.txt": "", "lib/b.txt": "", ".dockerignore": "lib"})
    disks: context.Disks = {}
    first, second = (Context.near(str(tmp_path / name), disks=disks) for name in ("Dockerfile", "web.Dockerfile"))
    assert list(first.files()) == [".dockerignore", "a.txt"]
    (tmp_path / "a.txt").unlink()
    assert list(second.files()) == [".dockerignore", "a.txt"]
    assert first.ignore is second.ignore
    (tmp_path / "web.Dockerfile.dockerignore").write_text("")
    assert "lib/b.txt" in Context.near(str(tmp_path / "web.Dockerfile"), disks=disks).files()


def test_project_files_are_looked_for_up_to_the_root_of_the_repository(tmp_path: Path) -> None:
    plant(tmp_path, {"compose.yaml": "above", "repo/.git/HEAD": "", "repo/compose.yaml": "top", "repo/a/b/Dockerfile": ""})
    plant(tmp_path, {"repo/a/b/x": ""})
    found = Context.near(str(tmp_path / "repo/a/b/Dockerfile"), lambda: ["x"]).project_files("compose*.yaml")
    assert list(found) == ["top"]
    plant(tmp_path, {"plain/compose.yaml": "top", "plain/a/Dockerfile": "", "plain/a/compose.yaml": "beside"})
    assert list(Context.near(str(tmp_path / "plain/a/Dockerfile")).project_files("compose*.yaml")) == ["beside"]
    assert list(Context(str(tmp_path / "plain"), given=True).project_files("compose*.yaml")) == ["top"]
    assert list(Context().project_files("compose*.yaml")) == []
