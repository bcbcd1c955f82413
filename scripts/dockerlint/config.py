"""Configuration: what holds for a file, from the command line, a configuration file near it, and the defaults.

The nearest of these, from the Dockerfile's folder upwards, is used; in one folder the first in this order:

    .validate-dockerfile.toml                 keys at the top level
    pyproject.toml                            keys in [tool.validate-dockerfile]
    .hadolint.yaml, .hadolint.yml             hadolint's, translated; needs PyYAML (the extra "hadolint")

Keys are those of KEYS; a dash and an underscore are the same. The command line wins over the file; of names that disagree about a rule,
the more precise one wins within one of the two.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from dockerlint.errors import Failure
from dockerlint.finding import CONFIDENCES, SEVERITIES
from dockerlint.selection import Layer, Selection, ignored, is_peers, is_shellcheck, meaning, resolve, selected

TABLE = "validate-dockerfile"
OWN_FILE = ".validate-dockerfile.toml"
PYPROJECT = "pyproject.toml"
HADOLINT_FILES = (".hadolint.yaml", ".hadolint.yml")

FAIL_ON = (*SEVERITIES, "never")
SHELLCHECK = ("auto", "always", "never")
LABEL_TYPES = ("text", "rawtext", "url", "rfc3339", "semver", "hash", "spdx", "email")


class Settings(NamedTuple):
    """What holds for one file."""

    selection: Selection
    fail_on: str = "warning"
    min_confidence: str = "medium"
    severities: Mapping[str, str] = {}
    """Other severities than the rules' own, by code."""
    trusted_registries: tuple[str, ...] = ()
    label_schema: Mapping[str, str] = {}
    strict_labels: bool = False
    target: str = ""
    build_args: Mapping[str, str] = {}
    context: str | None = None
    shellcheck: str = "auto"
    pragmas: bool = True
    today: str = ""

    def reports(self, confidence: str) -> bool:
        """Whether a finding of this confidence is shown."""
        return CONFIDENCES.index(confidence) <= CONFIDENCES.index(self.min_confidence)

    def fails(self, severity: str) -> bool:
        """Whether a finding of this severity makes the exit status 1."""
        return self.fail_on != "never" and SEVERITIES.index(severity) <= SEVERITIES.index(self.fail_on)


class Configuration(NamedTuple):
    """One configuration file, read and checked; `folder` is where its relative paths start."""

    path: str
    folder: str
    values: dict[str, Any]
    note: str = ""


class Configurations:
    """Finds and keeps the settings of every file.

    `options` are those of the command line, with the keys of KEYS and `today`; only what was given is in it. `file` is the one
    configuration file to use for everything; `enabled` False means that none is looked for.
    """

    def __init__(self, options: Mapping[str, Any], file: str | None = None, enabled: bool = True) -> None:
        self._options = options
        self._file = file
        self._enabled = enabled
        self._found: dict[str, Configuration | Failure | None] = {}
        self._settings: dict[tuple[str, tuple[str, ...]], Settings] = {}

    def of(self, path: str) -> tuple[Settings, str]:
        """The settings of the file at a path, and a remark on its configuration ("" for none); raises Failure where that is unusable."""
        configuration = self._configuration(path)
        values = configuration.values if configuration else {}
        extra = _ignored_here(path, configuration) if configuration else ()
        key = (configuration.path if configuration else "", extra)
        if key not in self._settings:
            try:
                self._settings[key] = self._merge(values, configuration.folder if configuration else "", extra)
            except Failure as failure:
                raise Failure(f"{configuration.path}: {failure}" if configuration else str(failure)) from None
        return self._settings[key], configuration.note if configuration else ""

    def _configuration(self, path: str) -> Configuration | None:
        if self._file is None and not self._enabled:
            return None
        key = os.path.dirname(os.path.abspath(path)) if self._file is None else self._file
        if key not in self._found:
            try:
                self._found[key] = self._nearest(key) if self._file is None else read(self._file)
            except Failure as failure:
                self._found[key] = failure
        found = self._found[key]
        if isinstance(found, Failure):
            raise found
        return found

    def _nearest(self, folder: str) -> Configuration | None:
        found = in_folder(folder)
        parent = os.path.dirname(folder)
        if found is None and parent != folder:
            if parent not in self._found:
                self._found[parent] = self._nearest(parent)
            above = self._found[parent]
            if isinstance(above, Failure):
                raise above
            return above
        return found

    def _merge(self, values: dict[str, Any], folder: str, extra: tuple[str, ...]) -> Settings:
        layers = [
            Layer(source.get("select"), tuple(source.get("extend_select", ())), tuple(source.get("ignore", ())))
            for source in (values, self._options)
        ]
        selection = resolve(*layers).without(extra)
        merged = {**values, **self._options}
        if "context" in values and "context" not in self._options:
            merged["context"] = os.path.join(folder, values["context"])
            if not os.path.isdir(merged["context"]):
                raise Failure(f"context {merged['context']}: no such folder")
        merged["build_args"] = {**values.get("build_args", {}), **self._options.get("build_args", {})}
        merged["severities"] = _by_code(values.get("severity", {}))
        return Settings(selection, **{key: merged[key] for key in Settings._fields[1:] if key in merged})


def in_folder(folder: str) -> Configuration | None:
    """The configuration that this very folder has; raises Failure where it is unusable."""
    own = os.path.join(folder, OWN_FILE)
    if os.path.isfile(own):
        return read(own)
    project = os.path.join(folder, PYPROJECT)
    if os.path.isfile(project) and TABLE.encode() in _bytes(project):
        found = _read_toml(project, required=False)
        if found is not None:
            return found
    for name in HADOLINT_FILES:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return _read_hadolint(path, required=False)
    return None


def read(path: str) -> Configuration:
    """The configuration file at a path, of any of the three kinds; raises Failure where it is unusable."""
    if path.endswith((".yaml", ".yml")):
        return _read_hadolint(path, required=True)
    found = _read_toml(path, required=True)
    assert found is not None
    return found


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise Failure(f"cannot read the configuration {path}: {error.strerror}") from None


def _read_toml(path: str, required: bool) -> Configuration | None:
    data = _bytes(path)
    import tomllib

    try:
        document = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Failure(f"the configuration {path} is not valid TOML: {error}") from None
    table = document.get("tool", {}).get(TABLE) if isinstance(document.get("tool", {}), dict) else None
    if table is None and os.path.basename(path) == PYPROJECT:
        if required:
            raise Failure(f"{path} has no table [tool.{TABLE}]")
        return None
    values = document if table is None else table
    if not isinstance(values, dict):
        raise Failure(f"{path}: tool.{TABLE} must be a table")
    return Configuration(path, os.path.dirname(os.path.abspath(path)), checked(values, path))


def checked(values: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The values of a configuration with its keys as KEYS has them; raises Failure for an unknown key or a wrong value."""
    found = {}
    for written, value in values.items():
        key = written.replace("-", "_")
        if key not in KEYS:
            raise Failure(f"{path}: unknown key {written!r}; {did_you_mean(key, KEYS).replace('_', '-')}")
        found[key] = KEYS[key](value, f"{path}: {written}")
    return found


def did_you_mean(written: str, known: Iterable[str], otherwise: str = "") -> str:
    """The known word that a written one is close to, as a question; without one, what to say otherwise: all of them by default."""
    from difflib import get_close_matches

    known = list(known)
    close = get_close_matches(written, known, n=1)
    return f"did you mean {close[0]}?" if close else otherwise or f"known are {', '.join(known)}"


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise Failure(f"{what} must be a string, not {value!r}")
    return value


def _texts(value: Any, what: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Failure(f"{what} must be a list of strings, not {value!r}")
    return tuple(_text(each, f"every element of {what}") for each in value)


def _truth(value: Any, what: str) -> bool:
    if not isinstance(value, bool):
        raise Failure(f"{what} must be true or false, not {value!r}")
    return value


def _table(of: Callable[[Any, str], Any]) -> Callable[[Any, str], dict[str, Any]]:
    def convert(value: Any, what: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Failure(f"{what} must be a table, not {value!r}")
        return {key: of(each, f"{what}.{key}") for key, each in value.items()}

    return convert


def _one_of(*known: str) -> Callable[[Any, str], str]:
    def convert(value: Any, what: str) -> str:
        if value not in known:
            raise Failure(f"{what} must be one of {', '.join(known)}, not {value!r}")
        return str(value)

    return convert


def _names(each: Callable[[str], Any]) -> Callable[[Any, str], tuple[str, ...]]:
    def convert(value: Any, what: str) -> tuple[str, ...]:
        names = _texts(value, what)
        for name in names:
            try:
                each(name)
            except Failure as failure:
                raise Failure(f"{what}: {failure}") from None
        return names

    return convert


def _severities(value: Any, what: str) -> dict[str, str]:
    found = _table(_one_of(*SEVERITIES))(value, what)
    _names(ignored)(list(found), what)
    return found


def _build_args(value: Any, what: str) -> dict[str, str]:
    if isinstance(value, list):
        try:
            return dict(build_arg(each) for each in _texts(value, what))
        except Failure as failure:
            raise Failure(f"{what}: {failure}") from None
    found: dict[str, str] = _table(_text)(value, what)
    return found


def build_arg(written: str) -> tuple[str, str]:
    """`NAME=value` of a build argument; `NAME` alone takes its value from the environment, as docker build does."""
    name, separator, value = written.partition("=")
    if not name:
        raise Failure(f"a build argument is written NAME=value, not {written!r}")
    return name, value if separator else os.environ.get(name, "")


KEYS: dict[str, Callable[[Any, str], Any]] = {
    "select": _names(selected),
    "extend_select": _names(selected),
    "ignore": _names(ignored),
    "per_file_ignores": _table(_names(ignored)),
    "severity": _severities,
    "fail_on": _one_of(*FAIL_ON),
    "min_confidence": _one_of(*CONFIDENCES),
    "trusted_registries": _texts,
    "label_schema": _table(_one_of(*LABEL_TYPES)),
    "strict_labels": _truth,
    "target": _text,
    "build_args": _build_args,
    "context": _text,
    "shellcheck": _one_of(*SHELLCHECK),
    "pragmas": _truth,
}
"""Every key of a configuration, and what checks its value."""


def _by_code(severities: Mapping[str, str]) -> dict[str, str]:
    """The severities by code; of names that disagree about a rule the more precise one wins."""
    found: dict[str, str] = {}
    ranked = sorted(((meaning(name), name) for name in severities), key=lambda pair: pair[0].precision)
    for each, name in ranked:
        found |= dict.fromkeys(each.codes, severities[name])
        if is_shellcheck(name):
            found[name.upper()] = severities[name]
    return found


def _ignored_here(path: str, configuration: Configuration) -> tuple[str, ...]:
    """What `per-file-ignores` says about a file: its globs are matched with the path from the configuration's folder, and the name."""
    table: dict[str, tuple[str, ...]] = configuration.values.get("per_file_ignores", {})
    if not table:
        return ()
    from fnmatch import fnmatchcase

    relative = os.path.relpath(os.path.abspath(path), configuration.folder).replace(os.sep, "/")
    matching = [names for glob, names in table.items() if fnmatchcase(relative, glob) or fnmatchcase(os.path.basename(path), glob)]
    return tuple(name for names in matching for name in names)


HADOLINT_THRESHOLDS = {"ignore": "style", "none": "never"} | {severity: severity for severity in SEVERITIES}
HADOLINT_LABELS = {"sha": "hash", "githash": "hash"} | {kind: kind for kind in LABEL_TYPES}


def _read_hadolint(path: str, required: bool) -> Configuration:
    folder = os.path.dirname(os.path.abspath(path))
    data = _bytes(path)
    try:
        import yaml  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        message = f"{path} cannot be read without PyYAML: pip install pyyaml"
        if required:
            raise Failure(message) from None
        return Configuration(path, folder, {}, f"{message}, or move its settings to {OWN_FILE}")
    try:
        document = yaml.safe_load(data)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Failure(f"the configuration {path} is not valid YAML: {' '.join(str(error).split())}") from None
    if document is not None and not isinstance(document, dict):
        raise Failure(f"the configuration {path} must be a mapping")
    return Configuration(path, folder, translated(document or {}, path))


def translated(document: Mapping[str, Any], path: str) -> dict[str, Any]:
    """hadolint's configuration in our keys; what has no meaning here (its output format, for one) is passed over.

    A check that `override` gives a severity is turned on, as it is in hadolint.
    """
    override = {
        name: severity
        for severity, names in (document.get("override") or {}).items()
        if severity in SEVERITIES
        for name in _texts(names or [], f"{path}: override.{severity}")
    }
    found: dict[str, Any] = {
        "ignore": _known(_texts(document.get("ignored") or [], f"{path}: ignored")),
        "severity": {name: override[name] for name in _known(override)},
        "extend_select": tuple(name for name in _known(override) if not meaning(name).empty and not is_shellcheck(name)),
        "trusted_registries": _texts(document.get("trustedRegistries") or [], f"{path}: trustedRegistries"),
        "label_schema": {
            str(label): HADOLINT_LABELS.get(str(kind).lower(), "text") for label, kind in (document.get("label-schema") or {}).items()
        },
        "strict_labels": bool(document.get("strict-labels")),
        "pragmas": not document.get("disable-ignore-pragma"),
    }
    threshold = str(document.get("failure-threshold") or "")
    if threshold in HADOLINT_THRESHOLDS:
        found["fail_on"] = HADOLINT_THRESHOLDS[threshold]
    if document.get("no-fail"):
        found["fail_on"] = "never"
    return found


def _known(names: Iterable[str]) -> tuple[str, ...]:
    """The names that mean something here; hadolint's file may have others."""
    return tuple(name for name in names if not meaning(name).empty or is_peers(name))
