"""What BuildKit's instruction parser refuses, instruction by instruction, before anything is expanded.

The table below and the functions that it names follow BuildKit 0.34 (`frontend/dockerfile/instructions`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from dockerlint.expand import ExpansionError
from dockerlint.parser import Flag, Instruction, Mount, parse_heredoc
from dockerlint.source import Problem

STAGE_NAME = re.compile(r"[a-z][a-z0-9-_.]*")
_DURATION = re.compile(r"[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)")
_DURATION_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_NANOSECONDS = {"ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 6e10, "h": 3.6e12}
_MAX_DURATION = 2**63 - 1
_BOOLEANS = frozenset({"1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"})
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})

MOUNT_TYPES = ("bind", "cache", "tmpfs", "secret", "ssh")
SHARING_MODES = ("shared", "private", "locked")
MOUNT_KEYS = {
    "type": "type", "from": "from", "source": "source", "src": "source", "target": "target", "dst": "target", "destination": "target",
    "readonly": "readonly", "ro": "readonly", "readwrite": "readwrite", "rw": "readwrite", "required": "required", "size": "size",
    "id": "id", "sharing": "sharing", "mode": "mode", "uid": "uid", "gid": "gid", "env": "env",
}  # fmt: skip


class Syntax(NamedTuple):
    """What an instruction takes: its flags with their kinds ("text", "texts", "boolean"; None: flags are not looked at), and its check."""

    flags: dict[str, str] | None
    check: Callable[[Instruction], Iterator[Problem]]


def check(instruction: Instruction) -> Iterator[Problem]:
    """Why BuildKit refuses this instruction as it is written, if it does."""
    if instruction.problem:
        yield instruction.problem
        return
    syntax = SYNTAX.get(instruction.keyword)
    if syntax is None:
        yield Problem("unknown-instruction", f"unknown instruction: {instruction.written}", instruction.keyword_span)
        return
    none_healthcheck = instruction.keyword == "HEALTHCHECK" and instruction.words and instruction.words[0].value.upper() == "NONE"
    if syntax.flags is not None and instruction.flags and not none_healthcheck:
        yield from _check_flags(instruction, syntax.flags)
    yield from syntax.check(instruction)


def _check_flags(instruction: Instruction, known: dict[str, str]) -> Iterator[Problem]:
    seen = set()
    for flag in instruction.flags:
        kind = known.get(flag.name)
        reason = ""
        if kind is None:
            reason = f"unknown flag: --{flag.name}"
        elif flag.name in seen and kind != "texts":
            reason = f"duplicate flag specified: --{flag.name}"
        elif kind == "boolean":
            if flag.value == "":
                reason = f"missing a value on flag: --{flag.name}"
            elif flag.value is not None and flag.value.lower() not in ("true", "false"):
                reason = f"expecting boolean value for flag --{flag.name}, not: {flag.value}"
        elif flag.value is None:
            reason = f"missing a value on flag: --{flag.name}"
        if reason:
            yield Problem("flag", reason, flag.span)
        seen.add(flag.name)


def _arguments(instruction: Instruction, reason: str) -> Problem:
    return Problem("arguments", f"{instruction.keyword} {reason}", instruction.span)


def _one(instruction: Instruction) -> Iterator[Problem]:
    if len(instruction.words) != 1:
        yield _arguments(instruction, "requires exactly one argument")


def _some(instruction: Instruction) -> Iterator[Problem]:
    if not instruction.words:
        yield _arguments(instruction, "requires at least one argument")


def _any(_: Instruction) -> Iterator[Problem]:
    return iter(())


def _pairs(instruction: Instruction) -> Iterator[Problem]:
    if not instruction.pairs:
        yield _arguments(instruction, "requires at least one argument")
    for pair in instruction.pairs:
        if not pair.key.raw:
            yield Problem("pairs", f"{instruction.keyword} names can not be blank", pair.span)


def _from(instruction: Instruction) -> Iterator[Problem]:
    words = instruction.words
    if len(words) == 3 and words[1].value.lower() == "as":
        if not STAGE_NAME.fullmatch(words[2].value.lower()):
            reason = f'invalid name for build stage: "{words[2].value}", name can\'t start with a number or contain symbols'
            yield Problem("stage-name", reason, words[2].span)
    elif len(words) != 1:
        yield _arguments(instruction, "requires either one or three arguments")


def _sources(instruction: Instruction) -> Iterator[Problem]:
    words = instruction.words
    if len(words) < 2:
        yield _arguments(instruction, "requires at least two arguments, but only one was provided. Destination could not be determined")
        return
    try:
        if parse_heredoc(words[-1].value):
            yield Problem("arguments", f"{instruction.keyword} cannot accept a heredoc as a destination", words[-1].span)
    except ExpansionError:
        return


def _healthcheck(instruction: Instruction) -> Iterator[Problem]:
    words = instruction.words
    if not words:
        yield _arguments(instruction, "requires at least one argument")
        return
    kind = words[0].value.upper()
    if kind == "NONE":
        if len(words) > 1:
            yield Problem("healthcheck", "HEALTHCHECK NONE takes no arguments", words[1].span)
        return
    if kind != "CMD":
        yield Problem("healthcheck", f'Unknown type "{kind}" in HEALTHCHECK (try CMD)', words[0].span)
    elif len(words) == 1:
        yield Problem("healthcheck", "Missing command after HEALTHCHECK CMD", words[0].span)
    for flag in instruction.flags:
        if not flag.value:
            continue
        if flag.name == "retries":
            if not re.fullmatch(r"[-+]?\d+", flag.value) or abs(int(flag.value)) >= 2**31:
                yield Problem("healthcheck", f'--retries takes a number, not "{flag.value}"', flag.span)
            elif int(flag.value) < 0:
                yield Problem("healthcheck", f"--retries cannot be negative ({int(flag.value)})", flag.span)
        elif flag.name in _HEALTHCHECK_FLAGS:
            nanoseconds = duration(flag.value)
            if nanoseconds is None:
                yield Problem("healthcheck", f'time: invalid duration "{flag.value}"', flag.span)
            elif nanoseconds != 0 and nanoseconds < 1e6:
                yield Problem("healthcheck", f'Interval "{flag.name}" cannot be less than 1ms', flag.span)


def duration(text: str) -> float | None:
    """A Go duration such as 1m30s in nanoseconds, None where it is none."""
    if not _DURATION.fullmatch(text):
        return None
    total = sum(float(number) * _NANOSECONDS[unit] for number, unit in _DURATION_PART.findall(text))
    if total > _MAX_DURATION:
        return None
    return -int(total) if text.startswith("-") else int(total)


def _onbuild(instruction: Instruction) -> Iterator[Problem]:
    trigger = instruction.trigger
    if trigger is None:
        yield _arguments(instruction, "requires at least one argument")
    elif trigger.keyword == "ONBUILD":
        yield Problem("onbuild", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", trigger.keyword_span)
    elif trigger.keyword in ("MAINTAINER", "FROM"):
        yield Problem("onbuild", f"{trigger.keyword} isn't allowed as an ONBUILD trigger", trigger.keyword_span)


def _shell(instruction: Instruction) -> Iterator[Problem]:
    if not instruction.words:
        yield _arguments(instruction, "requires at least one argument")
    elif instruction.form != "exec":
        yield Problem("shell-form", "SHELL requires the arguments to be in JSON form", instruction.span)


def _volume(instruction: Instruction) -> Iterator[Problem]:
    yield from _some(instruction)
    for word in instruction.words:
        if not word.value.strip():
            yield Problem("arguments", "VOLUME specified can not be an empty string", word.span)


def _run(instruction: Instruction) -> Iterator[Problem]:
    mounts = []
    for flag in instruction.flags:
        if flag.name == "mount" and flag.value is not None:
            fields = csv_fields(flag.value)
            if fields is None:
                yield Problem("mount", f'failed to parse csv mounts: "{flag.value}"', flag.span)
                continue
            mounts.append(mount_of(flag, fields))
            source = mounts[-1].from_
            dollar = source.find("$")
            if 0 <= dollar < len(source) - 1:
                yield Problem("mount", "'from' doesn't support variable expansion, define alias stage instead", flag.span)
        elif flag.name == "device" and flag.value is not None:
            yield from _device(flag)
        elif flag.name == "network" and flag.value not in ("default", "none", "host", None):
            yield Problem("flag", f'invalid network mode "{flag.value}"', flag.span)
        elif flag.name == "security" and flag.value not in ("insecure", "sandbox", None):
            yield Problem("flag", f'security "{flag.value}" is not valid', flag.span)
    instruction.mounts = tuple(mounts)


def _device(flag: Flag) -> Iterator[Problem]:
    name = ""
    fields = csv_fields(flag.value or "")
    if fields is None:
        yield Problem("flag", f'failed to parse csv devices: "{flag.value}"', flag.span)
        return
    for field in fields:
        key, equals, value = field.partition("=")
        key = key.lower()
        if key == "required":
            if equals and value not in _BOOLEANS:
                yield Problem("flag", f"invalid value for {key}: {value}", flag.span)
        elif key == "name" and equals:
            if name:
                yield Problem("flag", f"device name already set to {name}", flag.span)
            name = value
        elif not name:
            name = field
        elif equals:
            yield Problem("flag", f"unexpected key '{key}' in '{field}'", flag.span)
        else:
            yield Problem("flag", f"invalid field '{field}' must be a key=value pair", flag.span)


def csv_fields(text: str) -> list[str] | None:
    """The fields of one CSV record, None where its quotes are broken or it is empty."""
    if '"' not in text:
        return text.split(",") if text else None
    fields, at = [], 0
    while True:
        if text.startswith('"', at):
            value, at = "", at + 1
            while True:
                end = text.find('"', at)
                if end < 0:
                    return None
                value += text[at:end]
                at = end + 1
                if not text.startswith('"', at):
                    break
                value += '"'
                at += 1
            fields.append(value)
            if at == len(text):
                return fields
            if text[at] != ",":
                return None
        else:
            end = text.find(",", at)
            field = text[at:] if end < 0 else text[at:end]
            if '"' in field:
                return None
            fields.append(field)
            if end < 0:
                return fields
            at = end
        at += 1


def mount_of(flag: Flag, fields: list[str]) -> Mount:
    """The mount that a flag describes, as far as it can be told before expansion."""
    options: dict[str, str] = {}
    for field in fields:
        key, equals, value = field.partition("=")
        key = MOUNT_KEYS.get(key.lower(), key.lower())
        options[key] = value if equals else "true"
    kind = options.get("type", "bind").lower()
    writable = kind in ("cache", "tmpfs") or options.get("readwrite") in _TRUE
    return Mount(
        kind, options.get("source", ""), options.get("target", ""), options.get("from", ""), options.get("id", ""),
        options.get("sharing", ""), options.get("env", ""), options.get("required") in _TRUE,
        options.get("readonly") in _TRUE or not writable, options, flag,
    )  # fmt: skip


def check_mount(flag: Flag, expand: Callable[[str], str]) -> Iterator[Problem]:
    """Why BuildKit refuses a `--mount` once its values are expanded; what `expand` raises passes through."""
    fields = csv_fields(flag.value or "")
    if fields is None:
        return
    values: dict[str, str] = {}
    kind = "bind"
    for field in fields:
        key, equals, value = field.partition("=")
        key = key.lower()
        name = MOUNT_KEYS.get(key, "")
        reason = ""
        if not equals:
            if key not in ("readonly", "ro", "readwrite", "rw", "required"):
                reason = f"invalid field '{field}' must be a key=value pair"
            elif key == "required" and kind not in ("secret", "ssh"):
                reason = f"unexpected key 'required' for mount type '{kind}'"
        else:
            value = expand(value)
            reason = _mount_value(name, key, value, kind, field)
            if name == "type":
                kind = value.lower()
        if reason:
            yield Problem("mount", reason, flag.span)
            return
        values[name] = value
    for reason in _mount_conflicts(kind, values):
        yield Problem("mount", reason, flag.span)
        return


def _mount_value(name: str, key: str, value: str, kind: str, field: str) -> str:
    if name == "":
        return f"unexpected key '{key}' in '{field}'"
    if name == "type" and value.lower() not in MOUNT_TYPES:
        return f'unsupported mount type "{value}"'
    if name in ("readonly", "readwrite") and value not in _BOOLEANS:
        return f"invalid value for {key}: {value}"
    if name == "required":
        if kind not in ("secret", "ssh"):
            return f"unexpected key '{key}' for mount type '{kind}'"
        if value not in _BOOLEANS:
            return f"invalid value for {key}: {value}"
    if name == "size":
        if kind != "tmpfs":
            return f"unexpected key '{key}' for mount type '{kind}'"
        if not re.fullmatch(r"\d+(\.\d+)? ?([kKmMgGtTpP]?(i?[bB])?)", value):
            return f"invalid value for {key}: {value}"
    if name == "sharing" and value.lower() not in SHARING_MODES:
        return f'unsupported sharing value "{value}"'
    if name == "mode" and not (re.fullmatch(r"[0-7]+", value) and int(value, 8) < 2**32):
        return f"invalid value {value} for mode"
    if name in ("uid", "gid") and not (re.fullmatch(r"[0-9]+", value) and int(value) < 2**32):
        return f"invalid value {value} for {name}"
    return ""


def _mount_conflicts(kind: str, values: dict[str, str]) -> Iterator[str]:
    if kind not in ("secret", "ssh", "cache"):
        for name in ("mode", "uid", "gid"):
            if name in values:
                yield f'{name} not allowed for "{kind}" type mounts'
    if kind == "secret":
        if values.get("from"):
            yield "secret mount should not have a from"
        if values.get("sharing"):
            yield "secret mount should not define sharing"
        if not any(values.get(name) for name in ("source", "target", "id")):
            yield "invalid secret mount. one of source, target required"
        if values.get("source") and values.get("id"):
            yield "both source and id can't be set"
    elif kind != "cache" and values.get("sharing"):
        yield f"invalid cache sharing set for {kind} mount"
    if kind == "ssh" and values.get("source"):
        yield "ssh does not support source"


_HEALTHCHECK_FLAGS = {"interval": "text", "timeout": "text", "start-period": "text", "start-interval": "text", "retries": "text"}

SYNTAX: dict[str, Syntax] = {
    "ADD": Syntax(
        {
            "chown": "text", "chmod": "text", "link": "boolean", "keep-git-dir": "boolean", "checksum": "text",
            "unpack": "boolean", "exclude": "texts",
        },
        _sources,
    ),
    "ARG": Syntax(None, _pairs),
    "CMD": Syntax({}, _any),
    "COPY": Syntax(
        {"chown": "text", "from": "text", "chmod": "text", "link": "boolean", "exclude": "texts", "parents": "boolean"}, _sources
    ),
    "ENTRYPOINT": Syntax({}, _any),
    "ENV": Syntax({}, _pairs),
    "EXPOSE": Syntax({}, _some),
    "FROM": Syntax({"platform": "text"}, _from),
    "HEALTHCHECK": Syntax(_HEALTHCHECK_FLAGS, _healthcheck),
    "LABEL": Syntax({}, _pairs),
    "MAINTAINER": Syntax({}, _one),
    "ONBUILD": Syntax({}, _onbuild),
    "RUN": Syntax({"mount": "texts", "device": "texts", "network": "text", "security": "text"}, _run),
    "SHELL": Syntax({}, _shell),
    "STOPSIGNAL": Syntax(None, _one),
    "USER": Syntax({}, _one),
    "VOLUME": Syntax({}, _volume),
    "WORKDIR": Syntax({}, _one),
}  # fmt: skip
