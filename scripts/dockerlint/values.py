"""The small grammars of BuildKit's values: platforms, modes, owners, ports, and what a source of COPY or ADD is.

They follow BuildKit 0.34 and the packages that it reads them with (containerd's platforms, moby's ports, its own git references).
"""

from __future__ import annotations

import re

_PLATFORM_OS = re.compile(r"([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?")
_PLATFORM_PART = re.compile(r"[A-Za-z0-9_.-]+")
_SYSTEMS = frozenset(
    "aix android darwin dragonfly freebsd hurd illumos ios js linux macos nacl netbsd openbsd plan9 solaris windows zos".split()
)
_ARCHITECTURES = frozenset(
    "386 i386 amd64 x86_64 x86-64 amd64p32 arm armhf armel armbe arm64 aarch64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 "
    "mips64le mips64p32 mips64p32le ppc riscv riscv64 s390 s390x sparc sparc64 wasm".split()
)
_ARCHITECTURE_NAMES = {"i386": "386", "x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "armhf": "arm", "armel": "arm"}
_SYMBOLIC_MODE = re.compile(r"[augo]*(?:[-+=][rstwxXugo]*)+(?:,[augo]*(?:[-+=][rstwxXugo]*)+)*")
_SCP_STYLE = re.compile(r"[a-zA-Z0-9-_]+@[a-zA-Z0-9-.]+:")
_PROTOCOL = re.compile(r"([a-zA-Z0-9]+)://")
_CHECKSUM = re.compile(r"sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}")
_GIT_QUERY = frozenset({"ref", "tag", "branch", "subdir", "checksum", "commit", "keep-git-dir", "submodules", "mtime", "fetch-by-commit"})
_NUMERIC_OWNER = re.compile(r"(?:\d*|root)(?::(?:\d*|root))?")


def parse_platform(text: str) -> tuple[str, str]:
    """Operating system and architecture of a platform such as linux/arm64; ("", "") where it is malformed."""
    parts = text.split("/")
    match = _PLATFORM_OS.fullmatch(parts[0])
    if not match or len(parts) > 3 or not all(_PLATFORM_PART.fullmatch(part) for part in parts[1:]):
        return "", ""
    system = match[1].lower()
    if len(parts) > 1:
        architecture = parts[1].lower()
        return "darwin" if system == "macos" else system, _ARCHITECTURE_NAMES.get(architecture, architecture)
    if system in _SYSTEMS:
        return "darwin" if system == "macos" else system, "amd64"
    name = parts[0].lower()
    return ("linux", _ARCHITECTURE_NAMES.get(name, name)) if name in _ARCHITECTURES else ("", "")


def is_mode(text: str) -> bool:
    """Whether `--chmod` takes it: octal up to 07777, or symbolic."""
    if text[:1].isdigit():
        return bool(re.fullmatch(r"[0-7]+", text)) and int(text, 8) <= 0o7777
    return bool(_SYMBOLIC_MODE.fullmatch(text))


def lets_in(mode: str, who: str, opened: bool = True) -> bool:
    """Whether a folder can be opened by "u", its owner, or "o", all others, once it gets the mode; `opened` is what it was before."""
    if mode.isdigit():
        return bool(int(mode.zfill(3)[{"u": -3, "o": -1}[who]]) & 1)
    for clause in mode.split(","):
        users, operator, rights = re.match(r"([ugoa]*)([-+=]?)(.*)", clause, re.DOTALL).groups()  # type: ignore[union-attr]
        if not users or who in users or "a" in users:
            named = not {"x", "X", "u", "g", "o"}.isdisjoint(rights)
            opened = named if operator == "=" else operator == "+" if named else opened
    return opened


def is_numeric_owner(text: str) -> bool:
    """Whether `--chown` names user and group by number, or as root, whose number is known."""
    return bool(_NUMERIC_OWNER.fullmatch(text))


def is_checksum(text: str) -> bool:
    """Whether it is a digest that BuildKit can verify a download by."""
    return bool(_CHECKSUM.fullmatch(text))


def source_kind(text: str) -> str:
    """What a source of COPY or ADD is: "git", "http" or "local"."""
    protocol = _PROTOCOL.match(text)
    if protocol is None:
        return "git" if _SCP_STYLE.match(text) else "local"
    name = protocol[1].lower()
    if name in ("ssh", "git"):
        return "git"
    if name in ("http", "https"):
        path = text[protocol.end() :].partition("#")[0].partition("?")[0].partition("/")[2]
        if path.endswith(".git"):
            return "git"
        return "http" if text.startswith(("http://", "https://")) else "local"
    return "local"


def port_range(text: str) -> tuple[int, int] | None:
    """First and last port of "80" or "8000-8010", None where it is neither."""
    first, dash, last = text.partition("-")
    low = _port_number(first)
    high = _port_number(last) if dash and first != last else low
    return (low, high) if low is not None and high is not None and high >= low else None


def _port_number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\+?[0-9]{1,9}", text) and int(text) <= 65535 else None


def git_query_problem(text: str) -> str:
    """Why BuildKit refuses the query of a git URL, "" where it does not."""
    query = text.partition("#")[0].partition("?")[2]
    seen = set()
    for field in query.split("&") if query else ():
        name, _, value = field.partition("=")
        if name in seen:
            return f'query "{name}" has multiple values'
        seen.add(name)
        if not value and name not in ("submodules", "keep-git-dir", "fetch-by-commit"):
            return f'query "{name}" has no value'
        if name not in _GIT_QUERY:
            return f'unexpected query "{name}"'
    return ""


def is_address(text: str) -> bool:
    from ipaddress import ip_address

    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
