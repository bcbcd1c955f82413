"""BuildKit's `check` directive: which of its checks a file skips or turns on, and whether a warning fails the build."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockerlint.source import Source

CHECK_ARGUMENT = "BUILDKIT_DOCKERFILE_CHECK"
"""The build argument that BuildKit takes instead of the `check` directive."""

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


class CheckOptions(NamedTuple):
    """What BuildKit's `check` directive says; "all" stands for every check."""

    skip: tuple[str, ...] = ()
    experimental: tuple[str, ...] = ()
    error: bool = False


def check_options(value: str) -> CheckOptions:
    """What the value of a `check` directive says; raises ValueError with the reason for which BuildKit refuses it."""
    found: dict[str, tuple[str, ...]] = {}
    for part in value.strip().split(";", 2) if value.strip() else ():
        key, separator, listed = part.partition("=")
        if not separator:
            raise ValueError(f'invalid check option "{part}"')
        key = key.strip()
        if key not in ("skip", "experimental", "error"):
            raise ValueError(f'invalid check option "{key}"')
        found[key] = tuple(name.strip() for name in listed.strip().split(","))
        if key == "error" and listed.strip() not in _TRUE | _FALSE:
            raise ValueError(f'failed to parse check option "{part}": invalid syntax')
    return CheckOptions(found.get("skip", ()), found.get("experimental", ()), found.get("error", ("",))[0] in _TRUE)


def file_check_options(source: Source, build_args: Mapping[str, str]) -> CheckOptions:
    """What holds for the whole file: the build argument, else the directive; nothing where BuildKit refuses it."""
    directive = source.directives.get("check")
    value = build_args.get(CHECK_ARGUMENT) or (directive.value.partition(" ")[0] if directive else "")
    if not value:
        return CheckOptions()
    try:
        return check_options(value)
    except ValueError:
        return CheckOptions()
