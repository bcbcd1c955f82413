"""What is asked for: how to build the image, how to reach it, its bounds; the command line over a spec file over what is usual.

Every option stands once, in `OPTIONS`: the command line and the spec file are both read by that table. The keys of a spec
file (TOML or JSON) are the options' names; its paths are relative to its own folder; its lists come before the command line's.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from imageproof.errors import ProofError
from imagesize.units import parse_size

MOST_DOCUMENT = 1 << 20
"""Bytes of a spec file."""


class Spec(NamedTuple):
    """How to prove one image. Sizes are bytes, times seconds; a tuple has one item for each time that the option was given."""

    context: str = "."
    file: str = ""
    image: str = ""
    target: str = ""
    platform: tuple[str, ...] = ()
    build_arg: tuple[str, ...] = ()
    build_context: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    ssh: tuple[str, ...] = ()
    add_host: tuple[str, ...] = ()
    port: int = 0
    path: str = ""
    expect: str = ""
    expect_log: str = ""
    env: tuple[str, ...] = ()
    volume: tuple[str, ...] = ()
    tmpfs: tuple[str, ...] = ()
    memory: int = 1 << 30
    args: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    max_size: int = 0
    start_seconds: float = 30.0
    stop_seconds: float = 10.0
    build_seconds: float = 1800.0
    build_memory: int = 0
    trusted: bool = False
    offline: bool = False
    touch: str = ""
    canary: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()

    @property
    def dockerfile(self) -> str:
        """The path of the Dockerfile."""
        if self.file:
            return self.file
        names = ("Dockerfile", "Containerfile")
        return next(
            (path for name in names if os.path.lexists(path := os.path.join(self.context, name))),
            os.path.join(self.context, names[0]),
        )


def _text(text: str) -> str:
    if "\0" in text:
        raise ValueError("no zero byte may be in it")
    return text


def _filled(text: str) -> str:
    if not _text(text):
        raise ValueError("it must not be empty")
    return text


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.replace(",", " ").split())
    if not names:
        raise ValueError("one name or several, separated by commas, are wanted")
    return names


def _platforms(text: str) -> tuple[str, ...]:
    names = _names(text)
    if not all(re.fullmatch(r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?", name) for name in names):
        raise ValueError("platforms such as linux/arm64 are wanted")
    return names


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() else 0
    if not 0 < number < 65536:
        raise ValueError("a port from 1 to 65535 is wanted")
    return number


def _size(text: str) -> int:
    try:
        size = parse_size(text)
    except (ValueError, OverflowError):
        raise ValueError("a size such as 200MB or 1GiB is wanted") from None
    if size <= 0:
        raise ValueError("a size above zero is wanted")
    return size


def _memory(text: str) -> int:
    size = _size(text)
    if size < 6 << 20:
        raise ValueError("an engine gives no container less than 6MiB")
    return size


def _seconds(text: str) -> float:
    try:
        seconds = float(text.removesuffix("s"))
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 86400:
        raise ValueError("a number of seconds above zero is wanted")
    return seconds


def _url_path(text: str) -> str:
    if not text.startswith("/") or not text.isprintable() or " " in text:
        raise ValueError("a path such as /health is wanted")
    return text


def _container_path(text: str) -> str:
    path = text.partition(":")[0]
    if not path.startswith("/") or path == "/" or ".." in path.split("/"):
        raise ValueError("the path of a folder in the container is wanted")
    return text


def _tmpfs(text: str) -> str:
    for option in filter(None, text.partition(":")[2].split(",")):
        name, equals, value = option.partition("=")
        if equals and not re.fullmatch(_TMPFS.get(name, "(?!)"), value):
            raise ValueError("the options of a tmpfs are wanted, such as size=64m, mode=1777, uid=1000, gid=1000")
    return _container_path(text)


_TMPFS = {"size": r"\d+[kmgKMG%]?", "mode": "[0-7]{3,4}", "uid": r"\d+", "gid": r"\d+", "nr_inodes": r"\d+[kmgKMG]?"}


def _secret(text: str) -> str:
    names = {part.partition("=")[0] for part in _filled(text).split(",") if "=" in part}
    if "id" not in names or any("=" not in part for part in text.split(",")):
        raise ValueError("id=ID,src=FILE or id=ID,env=NAME is wanted")
    return text


def _volume(text: str) -> str:
    if ":" in text:
        raise ValueError(
            "only a path in the container is wanted: an empty volume is put there, and no folder or volume of this machine is ever mounted"
        )
    return _container_path(text)


def _assignment(text: str) -> str:
    if not text.partition("=")[0].strip():
        raise ValueError("NAME=VALUE is wanted")
    return _text(text)


def _variable(text: str) -> str:
    """NAME=VALUE, also of a NAME alone, which is set here; to pass nothing without a word would be a trap."""
    if "=" in text or not _assignment(text):
        return _assignment(text)
    if text not in os.environ:
        raise ValueError("NAME=VALUE is wanted, or the name of a variable that is set here")
    return f"{text}={os.environ[text]}"


def _need(text: str) -> str:
    head = text.partition(",")[0]
    name, equals, image = head.partition("=")
    if not name or (equals and not image):
        raise ValueError("IMAGE or NAME=IMAGE is wanted")
    return _text(text)


def _host(text: str) -> str:
    name, _, address = text.partition("=" if "=" in text else ":")
    if not name or not (address == "host-gateway" or re.fullmatch(r"[\d.]+|\[?[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\]?", address)):
        raise ValueError("NAME:IP is wanted")
    return _text(text)


def _build_context(text: str) -> str:
    name, _, place = text.partition("=")
    if not name or not place:
        raise ValueError("NAME=FOLDER or NAME=docker-image://IMAGE is wanted")
    return _text(text)


def _canary(text: str) -> str:
    kind, colon, name = text.partition(":")
    if kind not in ("secret", "arg", "file", "value") or not colon or not name:
        raise ValueError("secret:ID, arg:NAME, file:PATH or value:TEXT is wanted")
    if kind == "value" and len(name) < 6:
        raise ValueError("a value of fewer than six characters stands in every image")
    if kind == "file" and (os.path.isabs(name) or ".." in name.split("/")):
        raise ValueError("a path in the build context is wanted")
    return _text(text)


class Option(NamedTuple):
    """One option of the command line and key of a spec file; `name` has dashes."""

    group: str
    name: str
    metavar: str
    help: str
    parse: Callable[[str], Any] = _text
    many: str = ""
    """Nothing: one value; "list": may be repeated; "names": may be repeated, and one value may name several; "words": a
    command line; "flag": no value."""
    short: str = ""

    @property
    def field(self) -> str:
        """Its name in `Spec`."""
        return self.name.replace("-", "_")


OPTIONS = (
    Option("what is proved", "file", "FILE", "the Dockerfile (default: CONTEXT/Dockerfile)", _filled, short="-f"),
    Option("what is proved", "image", "IMAGE", "an image that the engine has, instead of building one", _filled),
    Option("what is proved", "target", "STAGE", "the stage to build"),
    Option(
        "what is proved",
        "platform",
        "OS/ARCH",
        "platforms to build; the engine's own is proved, the others are only built",
        _platforms,
        "names",
    ),
    Option("what is proved", "build-arg", "NAME=VALUE", "as for `docker build`", _assignment, "list"),
    Option("what is proved", "build-context", "NAME=PLACE", "as for `docker build`", _build_context, "list"),
    Option(
        "what is proved",
        "secret",
        "id=ID,src=FILE",
        "as for `docker build`; its value must not be in the image",
        _secret,
        "list",
    ),
    Option("what is proved", "ssh", "ID", "as for `docker build`", _filled, "list"),
    Option("what is proved", "add-host", "NAME:IP", "as for `docker build`", _host, "list"),
    Option(
        "how it is reached",
        "port",
        "PORT",
        "the port that it answers on (default: what EXPOSE and HEALTHCHECK name)",
        _port,
    ),
    Option(
        "how it is reached",
        "path",
        "PATH",
        "the path of an HTTP request that must succeed (default: that of the health check, else /, where any answer will do)",
        _url_path,
    ),
    Option("how it is reached", "expect", "TEXT", "what the answer must have in it"),
    Option("how it is reached", "expect-log", "TEXT", "what it must log"),
    Option(
        "how it is reached",
        "env",
        "NAME=VALUE",
        "an environment variable of the container; NAME alone passes this program's own on",
        _variable,
        "list",
    ),
    Option(
        "how it is reached",
        "volume",
        "PATH",
        "a path of the container where an empty volume is mounted",
        _volume,
        "list",
    ),
    Option(
        "how it is reached",
        "tmpfs",
        "PATH",
        "a path of the container that is a tmpfs, /tmp for instance; PATH:size=64m",
        _tmpfs,
        "list",
    ),
    Option("how it is reached", "memory", "SIZE", "memory of each container (default: 1GiB)", _memory),
    Option(
        "how it is reached",
        "args",
        "ARGUMENTS",
        "the container's command, instead of the image's CMD; where it begins with a dash: --args='--port 80'",
        lambda text: tuple(shlex.split(text)),
        "words",
    ),
    Option(
        "how it is reached",
        "needs",
        "[NAME=]IMAGE[,VARIABLE=VALUE]",
        "another container that it needs, a database: reached by NAME (default: the image's), on its EXPOSE port",
        _need,
        "list",
    ),
    Option("bounds", "max-size", "SIZE", "most bytes on disk, uncompressed", _size),
    Option("bounds", "start-seconds", "N", "until it answers (default: 30)", _seconds),
    Option("bounds", "stop-seconds", "N", "until it has ended after the stop signal (default: 10)", _seconds),
    Option("bounds", "build-seconds", "N", "until a build has ended (default: 1800)", _seconds),
    Option("bounds", "build-memory", "SIZE", "memory of all steps of a build together (default: three quarters of the engine's)", _memory),
    Option(
        "bounds",
        "trusted",
        "",
        "do not bound the memory and processes of the build's steps; they are then taken from what `docker build` cached",
        many="flag",
    ),
    Option("bounds", "offline", "", "no network for the build's steps, and none but their own for the containers", many="flag"),
    Option("checks", "touch", "FILE", "a source file of the context: the rebuild check changes it in a copy", _filled),
    Option(
        "checks",
        "canary",
        "KIND:NAME",
        "a made-up value that must not be in the image: secret:ID, arg:NAME or file:PATH gives it to the build, "
        "value:TEXT is only looked for; without any, made-up .env, .npmrc and key files are put into a copy of the context",
        _canary,
        "list",
    ),
    Option("checks", "check", "NAMES", "only these checks", _names, "names"),
    Option("checks", "skip", "NAMES", "not these checks", _names, "names"),
)
_BY_NAME = {option.name: option for option in OPTIONS}
_PATHS = ("context", "file")  # relative to a spec file's folder


def read_spec(path: str) -> dict[str, Any]:
    """The fields of `Spec` that a spec file sets; raises ProofError."""
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_DOCUMENT + 1)
    except OSError as error:
        raise ProofError(f"cannot read the spec {path}: {error.strerror}") from None
    if len(data) > MOST_DOCUMENT:
        raise ProofError(f"the spec {path} is larger than a megabyte")
    return fields_of(_parsed(path, data), os.path.dirname(path), f"the spec {path}")


def fields_of(document: Mapping[str, Any], folder: str, what: str) -> dict[str, Any]:
    """The fields of `Spec` that a table of options sets, its paths sought from the folder; raises ProofError, which names `what`."""
    fields: dict[str, Any] = {}
    for key, value in document.items():
        name = key.replace("_", "-")
        try:
            fields[name.replace("-", "_")] = (
                _filled(_string(value)) if name == "context" else _value(_BY_NAME[name], value)
            )
        except KeyError:
            raise ProofError(f"{what} has {key!r}, which is no option{_nearest(name)}") from None
        except ValueError as error:
            raise ProofError(f"{what} has {str(value)[:60]!r} for {key}: {error}") from None
    fields.setdefault("context", ".")
    for field in _PATHS:
        if field in fields:
            fields[field] = os.path.join(folder, fields[field])
    if "secret" in fields:
        fields["secret"] = tuple(_rooted(secret, folder) for secret in fields["secret"])
    if "build_context" in fields:
        fields["build_context"] = tuple(_rooted_context(each, folder) for each in fields["build_context"])
    return fields


def _parsed(path: str, data: bytes) -> Mapping[str, Any]:
    try:
        text = data.decode()
        if text.lstrip().startswith("{"):
            import json

            document = json.loads(text)
        else:
            import tomllib

            document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProofError(f"the spec {path} is neither TOML nor JSON: {str(error).splitlines()[0]}") from None
    if not isinstance(document, dict):
        raise ProofError(f"the spec {path} is no table of options")
    return document


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, [*_BY_NAME, "context"], 1)
    return f": did you mean {near[0]}?" if near else ""


def _string(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("a text or a number is wanted")
    return str(value)


def _value(option: Option, value: Any) -> Any:
    """A value of a spec file; raises ValueError."""
    if option.many == "flag":
        if not isinstance(value, bool):
            raise ValueError("true or false is wanted")
        return value
    if not option.many:
        return option.parse(_string(value))
    if isinstance(value, dict):  # [env] NAME = "VALUE"
        value = [f"{name}={_string(each)}" for name, each in value.items()]
    if option.many == "words" and isinstance(value, list):
        return tuple(map(_string, value))
    items = [option.parse(_string(each)) for each in (value if isinstance(value, list) else [value])]
    return tuple(items) if option.many == "list" else tuple(name for item in items for name in item)


def _rooted(secret: str, folder: str) -> str:
    """A secret whose file is sought from the spec's folder."""
    parts = []
    for part in secret.split(","):
        key, equals, value = part.partition("=")
        parts.append(
            f"{key}={os.path.join(folder, os.path.expanduser(value))}" if key in ("src", "source") and equals else part
        )
    return ",".join(parts)


def _rooted_context(named: str, folder: str) -> str:
    """A named context whose folder is sought from the spec's folder; images and addresses stay."""
    name, _, place = named.partition("=")
    layout = "oci-layout://" if place.startswith("oci-layout://") else ""
    if "://" in place and not layout:
        return named
    return f"{name}={layout}{os.path.join(folder, place.removeprefix(layout))}"


def merged(spec_file: Mapping[str, Any], options: Mapping[str, Any]) -> Spec:
    """The spec file's fields and the command line's, which win: lists that may be repeated are joined, all else is replaced."""
    fields = dict(spec_file)
    for field, value in options.items():
        joined = field not in ("context", "check", "skip", "platform", "args") and isinstance(value, tuple)
        fields[field] = (*fields.get(field, ()), *value) if joined else value
    spec = Spec(**fields)
    if spec.image and "context" in options:
        raise ProofError(f"an image that exists is not built: give --image, or the folder {spec.context}, not both")
    if spec.image and any(getattr(spec, field) for field in ("file", "target", "build_arg", "build_context", "secret", "ssh", "touch")):
        raise ProofError(
            "an image that exists is not built: give --image, or "
            "--file, --target, --build-arg, --build-context, --secret, --ssh and --touch, not both"
        )
    return spec
