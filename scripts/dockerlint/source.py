"""A Dockerfile's bytes as text, lines and parser directives.

BuildKit reads bytes; people point at characters. `Source` decodes once and keeps what the bytes were: a byte-order mark, CRLF line
ends and bytes that are not UTF-8 (kept as surrogates) are all accepted, as BuildKit accepts them.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from dockerlint.text import SPACES, Span

# The longest line that BuildKit's scanner takes, in bytes, its line end included.
MAX_LINE = 64 * 1024 - 1

_DIRECTIVE = re.compile(r"([a-zA-Z][a-zA-Z0-9]*)[ \t\f\r]*=[ \t\f\r]*(.+?)[ \t\f\r]*$")
DIRECTIVES = ("syntax", "escape", "check")


class Directive(NamedTuple):
    """A parser directive: `# name=value` on the first lines."""

    name: str
    value: str
    span: Span


class Problem(NamedTuple):
    """Why BuildKit refuses the file: `kind` names the rule that reports it, `reason` is BuildKit's; `help` goes before the rule's own."""

    kind: str
    reason: str
    span: Span
    help: str = ""


class Source:
    """A Dockerfile as it was read.

    `lines` have no line ends. `directives` holds those that count, by name; `escape` is the escape character that they choose.
    `undecodable` are the numbers of the lines with bytes that are not UTF-8.
    """

    __slots__ = ("bom", "crlf", "directives", "escape", "final_newline", "lines", "path", "problems", "undecodable")

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.bom = data.startswith(b"\xef\xbb\xbf")
        if self.bom:
            data = data[3:]
        self.undecodable: list[int] = []
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = data.decode(errors="surrogateescape")
            self.undecodable = [
                number for number, line in enumerate(text.split("\n"), 1) if any("\udc80" <= character <= "\udcff" for character in line)
            ]
        self.crlf = "\r\n" in text
        self.final_newline = text.endswith("\n")
        lines = text.split("\n")
        if not lines[-1]:
            lines.pop()
        self.lines = [line.rstrip("\r") for line in lines] if "\r" in text else lines
        self.problems: list[Problem] = []
        self.escape = "\\"
        self.directives = self._read_directives()
        self._measure(data)

    @classmethod
    def read(cls, path: str) -> Source:
        """The file at `path`; raises OSError where it cannot be read."""
        with open(path, "rb") as file:
            return cls(path, file.read())

    def _read_directives(self) -> dict[str, Directive]:
        found: dict[str, Directive] = {}
        # BuildKit looks for syntax and check behind a "#!" line, too; its parser, whose escape is, does not.
        shebang = bool(self.lines) and self.lines[0].startswith("#!")
        for number, line in enumerate(self.lines, 1):
            if shebang and number == 1:
                continue
            stripped = line.lstrip(SPACES)
            match = _DIRECTIVE.match(stripped[1:].lstrip(SPACES)) if stripped.startswith("#") else None
            name = match[1].lower() if match else ""
            if match is None or name not in DIRECTIVES:
                break
            if shebang and name == "escape":
                continue
            span = Span(number, len(line) - len(stripped) + 1, number, len(line) + 1)
            if name in found and shebang:
                break
            if name in found:
                self.problems.append(Problem("directive", f"only one {name} parser directive can be used", span))
                break
            found[name] = Directive(name, match[2], span)
            if name == "escape":
                if match[2] not in ("\\", "`"):
                    self.problems.append(Problem("directive", f"invalid escape token '{match[2]}' does not match ` or \\", span))
                    break
                self.escape = match[2]
        return found

    def _measure(self, data: bytes) -> None:
        if not data:
            self.problems.append(Problem("no-stage", "the Dockerfile cannot be empty", Span(1, 1, 1, 1)))
        if len(data) > MAX_LINE:
            for number, line in enumerate(data.split(b"\n"), 1):
                if len(line) >= MAX_LINE:
                    self.problems.append(
                        Problem("long-line", f"dockerfile line greater than max allowed size of {MAX_LINE}", Span(number, 1, number, 1))
                    )
