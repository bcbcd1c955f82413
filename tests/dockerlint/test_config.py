"""What holds for a file: its configuration, the command line over it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from dockerlint.config import Configurations, Settings
from dockerlint.errors import Failure

from .program import Program


def settings(path: Path, options: dict[str, Any] | None = None, **chosen: Any) -> Settings:
    return Configurations(options or {}, **chosen).of(str(path))[0]


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


def test_the_defaults(tmp_path: Path) -> None:
    found = settings(tmp_path / "Dockerfile")
    assert (found.fail_on, found.min_confidence, found.shellcheck, found.pragmas) == ("warning", "medium", "auto", True)
    assert found.reports("medium")
    assert not found.reports("low")
    assert found.fails("warning")
    assert not found.fails("info")


def test_a_table_in_pyproject(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", '[tool.validate-dockerfile]\nfail-on = "error"\nmin_confidence = "high"\nignore = ["DL3015"]\n')
    found = settings(tmp_path / "docker" / "Dockerfile")
    assert (found.fail_on, found.min_confidence) == ("error", "high")
    assert "WD304" not in found.selection.rules


def test_a_pyproject_without_the_table_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, ".validate-dockerfile.toml", 'fail-on = "never"\n')
    write(tmp_path / "a", "pyproject.toml", '[project]\nname = "validate-dockerfile-user"\n')
    assert settings(tmp_path / "a" / "Dockerfile").fail_on == "never"


def test_the_nearest_file_wins_and_in_one_folder_our_own(tmp_path: Path) -> None:
    write(tmp_path, ".validate-dockerfile.toml", 'fail-on = "never"\n')
    write(tmp_path, "pyproject.toml", '[tool.validate-dockerfile]\nfail-on = "info"\n')
    write(tmp_path / "a", "pyproject.toml", '[tool.validate-dockerfile]\nfail-on = "style"\n')
    configurations = Configurations({})
    assert configurations.of(str(tmp_path / "Dockerfile"))[0].fail_on == "never"
    assert configurations.of(str(tmp_path / "a" / "b" / "Dockerfile"))[0].fail_on == "style"


def test_the_command_line_wins(tmp_path: Path) -> None:
    write(tmp_path, ".validate-dockerfile.toml", 'fail-on = "never"\nselect = ["WD3"]\nbuild-args = {A = "1", B = "2"}\n')
    found = settings(tmp_path / "Dockerfile", {"fail_on": "error", "select": ("WD137",), "build_args": {"B": "3"}})
    assert found.fail_on == "error"
    assert found.selection.rules == {"WD137"}
    assert found.build_args == {"A": "1", "B": "3"}


def test_no_config_and_one_config_for_all(tmp_path: Path) -> None:
    write(tmp_path, ".validate-dockerfile.toml", 'fail-on = "never"\n')
    other = write(tmp_path / "ci", "strict.toml", 'fail-on = "style"\n')
    assert settings(tmp_path / "Dockerfile", enabled=False).fail_on == "warning"
    assert settings(tmp_path / "Dockerfile", file=str(other)).fail_on == "style"


def test_every_key(tmp_path: Path) -> None:
    text = """
        select = ["default"]
        extend-select = ["DL3008"]
        ignore = ["WD137", "CIS-DI-0005"]
        severity = { DL3015 = "error", WD3 = "style" }
        per-file-ignores = { "docker/*" = ["WD304"], "Dockerfile.dev" = ["WD101"] }
        fail-on = "info"
        min-confidence = "low"
        trusted-registries = ["docker.io", "*.example.com"]
        label-schema = { maintainer = "text", "org.opencontainers.image.created" = "rfc3339" }
        strict-labels = true
        target = "app"
        build-args = ["A=1", "B"]
        context = ".."
        shellcheck = "never"
        pragmas = false
    """
    write(tmp_path / "x", ".validate-dockerfile.toml", text)
    found = settings(tmp_path / "x" / "Dockerfile")
    assert found.severities["WD304"] == "error"
    assert found.severities["WD301"] == "style"
    assert found.trusted_registries == ("docker.io", "*.example.com")
    assert found.label_schema["org.opencontainers.image.created"] == "rfc3339"
    assert (found.strict_labels, found.target, found.shellcheck, found.pragmas) == (True, "app", "never", False)
    assert found.build_args == {"A": "1", "B": ""}
    assert found.context is not None
    assert Path(found.context).resolve() == tmp_path.resolve()
    assert "WD137" not in found.selection.rules
    assert "WD304" in found.selection.rules
    assert "WD304" not in settings(tmp_path / "x" / "docker" / "Dockerfile").selection.rules
    assert "WD101" not in settings(tmp_path / "x" / "deep" / "Dockerfile.dev").selection.rules


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fial-on = 'error'", "unknown key 'fial-on'; did you mean fail-on"),
        ("fail-on = 'bad'", "fail-on must be one of error, warning, info, style, never"),
        ("ignore = 'WD304'", "ignore must be a list"),
        ("ignore = [1]", "every element of .*ignore must be a string"),
        ("ignore = ['apt-no-install-reccomends']", "did you mean apt-no-install-recommends"),
        ("severity = { WD304 = 'loud' }", "must be one of error"),
        ("severity = { WD999 = 'info' }", "no rule is called 'WD999'"),
        ("strict-labels = 'yes'", "must be true or false"),
        ("build-args = ['=1']", "NAME=value"),
        ("target = 3", "target must be a string"),
        ("per-file-ignores = ['x']", "must be a table"),
        ("fail-on = ", "not valid TOML"),
    ],
)
def test_a_wrong_configuration_is_refused_in_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, ".validate-dockerfile.toml", text + "\n")
    with pytest.raises(Failure, match=message) as caught:
        settings(tmp_path / "Dockerfile")
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_pyproject_that_is_asked_for_needs_the_table(tmp_path: Path) -> None:
    path = write(tmp_path, "pyproject.toml", "[project]\nname = 'x'\n")
    with pytest.raises(Failure, match="has no table"):
        settings(tmp_path / "Dockerfile", file=str(path))
    with pytest.raises(Failure, match="cannot read the configuration"):
        settings(tmp_path / "Dockerfile", file=str(tmp_path / "nowhere.toml"))


HADOLINT = """
ignored: [DL3008, SC2086, DL9999, crazy]
override:
  error: [DL3015]
  info: [DL3008, DL3057]
trustedRegistries: [docker.io, "*.example.com"]
label-schema:
  author: text
  created: rfc3339
strict-labels: true
failure-threshold: error
format: json
unheard-of: 1
"""


def test_hadolints_configuration_is_understood(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    write(tmp_path, ".hadolint.yaml", HADOLINT)
    found = settings(tmp_path / "docker" / "Dockerfile")
    assert not found.selection.allows("SC2086")
    assert found.severities["WD304"] == "error"
    assert found.fail_on == "error"
    assert found.trusted_registries == ("docker.io", "*.example.com")
    assert found.label_schema == {"author": "text", "created": "rfc3339"}
    assert found.strict_labels


def test_what_hadolint_overrides_is_on(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    write(tmp_path, ".hadolint.yaml", "override:\n  warning: [DL3008]\n")
    found = settings(tmp_path / "Dockerfile")
    on = found.selection.rules - settings(tmp_path / "Dockerfile", enabled=False).selection.rules
    assert on
    assert {found.severities[code] for code in on} == {"warning"}


@pytest.mark.parametrize(
    ("text", "fail_on"), [("no-fail: true", "never"), ("failure-threshold: none", "never"), ("failure-threshold: ignore", "style")]
)
def test_hadolints_thresholds(tmp_path: Path, text: str, fail_on: str) -> None:
    pytest.importorskip("yaml")
    write(tmp_path, ".hadolint.yml", text)
    assert settings(tmp_path / "Dockerfile").fail_on == fail_on


def test_hadolints_pragmas_can_be_disabled_there(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    write(tmp_path, ".hadolint.yaml", "disable-ignore-pragma: true")
    assert not settings(tmp_path / "Dockerfile").pragmas


def test_our_own_configuration_beside_hadolints_wins(tmp_path: Path) -> None:
    write(tmp_path, ".hadolint.yaml", "failure-threshold: error")
    write(tmp_path, "pyproject.toml", '[tool.validate-dockerfile]\nfail-on = "style"\n')
    assert settings(tmp_path / "Dockerfile").fail_on == "style"


@pytest.mark.parametrize("text", ["ignored: [", "- a\n- b\n", "ignored: 3"])
def test_a_broken_hadolint_configuration_is_refused(tmp_path: Path, text: str) -> None:
    pytest.importorskip("yaml")
    write(tmp_path, ".hadolint.yaml", text)
    with pytest.raises(Failure, match=r"\.hadolint\.yaml"):
        settings(tmp_path / "Dockerfile")


def test_without_pyyaml_hadolints_file_is_a_remark_and_not_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    write(tmp_path, ".hadolint.yaml", "ignored: [DL3015]")
    found, note = Configurations({}).of(str(tmp_path / "Dockerfile"))
    assert "WD304" in found.selection.rules
    assert "PyYAML" in note


def test_a_context_that_is_not_there(tmp_path: Path, run: Program) -> None:
    write(tmp_path, ".validate-dockerfile.toml", 'context = "nope"\n')
    write(tmp_path, "Dockerfile", "FROM scratch\n")
    done = run(tmp_path / "Dockerfile")
    assert done.status == 2 and done.err.endswith("nope: no such folder\n")
