"""What is asked for: the command line over a spec file."""

from __future__ import annotations

from pathlib import Path

import pytest

from imageproof.errors import ProofError
from imageproof.spec import OPTIONS, Spec, merged, read_spec


def test_every_option_is_a_field() -> None:
    assert {option.field for option in OPTIONS} | {"context"} == set(Spec._fields)


def test_toml_and_json_say_the_same(tmp_path: Path) -> None:
    toml, json = tmp_path / "a.toml", tmp_path / "a.json"
    toml.write_text(
        'port = 80\nmax-size = "2kB"\ntmpfs = ["/tmp"]\ncheck = ["starts", "stop"]\nargs = "a \'b c\'"\n[env]\nA = "1"\n'
    )
    json.write_text(
        '{"port": 80, "max_size": 2000, "tmpfs": "/tmp", "check": "starts,stop", "args": ["a", "b c"], "env": ["A=1"]}'
    )
    assert read_spec(str(toml)) == read_spec(str(json))
    assert read_spec(str(toml))["args"] == ("a", "b c")


def test_paths_are_the_spec_files(tmp_path: Path) -> None:
    path = tmp_path / "deploy" / "spec.toml"
    path.parent.mkdir()
    path.write_text(
        'context = ".."\nfile = "app.Dockerfile"\nsecret = ["id=a,src=token"]\n[build-context]\n'
        'lib = "../lib"\nbase = "docker-image://debian:trixie"\nlayout = "oci-layout://layouts/base"\n'
    )
    fields = read_spec(str(path))
    assert fields["context"] == str(path.parent / "..")
    assert fields["file"] == str(path.parent / "app.Dockerfile")
    assert fields["secret"] == (f"id=a,src={path.parent / 'token'}",)
    assert fields["build_context"] == (
        f"lib={path.parent / '../lib'}",
        "base=docker-image://debian:trixie",
        f"layout=oci-layout://{path.parent / 'layouts/base'}",
    )


def test_the_command_line_wins_and_lists_are_joined() -> None:
    spec = merged({"port": 1, "env": ("A=1",), "check": ("size",)}, {"port": 2, "env": ("B=2",), "check": ("stop",)})
    assert (spec.port, spec.env, spec.check) == (2, ("A=1", "B=2"), ("stop",))


def test_a_variable_without_a_value_is_the_program_s_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "a=b")
    (tmp_path / "spec").write_text('env = ["DB_PASSWORD", "MODE=", "A=1"]')
    assert read_spec(str(tmp_path / "spec"))["env"] == ("DB_PASSWORD=a=b", "MODE=", "A=1")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("port = 0", "from 1 to 65535"),
        ("port = true", "a text or a number"),
        ("prot = 80", "did you mean port"),
        ("port = [", "neither TOML nor JSON"),
        ('{"port": ', "neither TOML nor JSON"),
        ('volume = ["/a:/b"]', "ever mounted"),
        ('memory = "1kB"', "6MiB"),
        ('build-context = ["lib"]', "NAME=FOLDER"),
        ('canary = ["file:../x"]', "a path in the build context"),
    ],
)
def test_wrong_specs(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "spec"
    path.write_text(text)
    with pytest.raises(ProofError, match=words):
        read_spec(str(path))
