"""Transcripts: what an assistant did, what it cost, whether it used the skill, and whether it proved what it handed over.

A transcript is what `claude -p --output-format stream-json` prints: a JSON object a line. Lines that are none are passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

PROVER, ENGINE = "prover", "engine"
_PROVERS = ("verify_image.py", "verify-image")
_ENGINES = ("docker", "podman", "buildah", "nerdctl")
_BUILDS = (("build",), ("buildx", "build"), ("image", "build"), ("builder", "build"), ("bud",))
_COUNTS = re.compile(r"\b(\d+) passed, (\d+) failed, \d+ skipped")
_EXIT_STATUS = re.compile(r'"exit_status":\s*(\d+)')
_REFUSED = re.compile(r"^(?:#\d+ )?(?:ERROR|Error|error):? |failed to solve|exited? with (?:code|status) [1-9]", re.MULTILINE)
_MOVERS = frozenset("cp mv tee patch install dd rm truncate ed ex git".split())
"""Commands that may change a file which they name."""
_EDITORS = {"sed": ("-i", "--in-place"), "perl": ("-i",), "awk": ("-i",), "gawk": ("-i",)}
"""Commands that do with one of these flags."""
_INTERPRETERS = frozenset("python python3 node perl ruby sh bash".split())
"""Commands that may, where their script names it."""
_OURS = ("verify_image.py", "validate_dockerfile.py", "analyze_image_size.sh")
"""Programs that change nothing."""


class Call(NamedTuple):
    """One use of a tool, and what came of it; `result` is None where no answer is recorded."""

    tool: str
    input: Mapping[str, Any]
    result: str | None = None
    failed: bool = False


class Cost(NamedTuple):
    """What an answer took; tokens and money as the agent tells them, None where it does not."""

    turns: int | None = None
    tokens: int | None = None
    """All: read, read from the cache, written to it, and said."""
    tokens_out: int | None = None
    dollars: float | None = None


class Proof(NamedTuple):
    """Whether the record shows a verdict on the very file that was handed over."""

    by: str = ""
    """PROVER, or ENGINE where it was only built; nothing where there is no verdict on this file."""
    passed: bool = False
    seen: str = "no build and no proof of the file that was handed over is on record"


class Transcript:
    """A transcript that was read."""

    def __init__(self, events: Iterable[Mapping[str, Any]]) -> None:
        self.events = list(events)

    @classmethod
    def read(cls, path: Path) -> Transcript:
        """The transcript in a file."""
        with open(path, encoding="utf-8", errors="replace") as file:
            return cls(_objects(file))

    @property
    def result(self) -> Mapping[str, Any]:
        """What the agent says at its end; empty where it was cut off."""
        return next((event for event in reversed(self.events) if event.get("type") == "result"), {})

    @property
    def message(self) -> str | None:
        """The last thing that the assistant said."""
        if isinstance(said := self.result.get("result"), str):
            return said
        texts = [block["text"] for block in self._blocks("assistant") if block.get("type") == "text" and block.get("text")]
        return texts[-1] if texts else None

    @property
    def cost(self) -> Cost:
        """What it took."""
        result = self.result
        usage = result.get("usage")
        if not isinstance(usage, Mapping):
            return Cost(result.get("num_turns"))
        parts = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
        return Cost(
            result.get("num_turns"),
            sum(int(usage.get(part) or 0) for part in parts),
            int(usage.get("output_tokens") or 0),
            result.get("total_cost_usd"),
        )

    def uses(self, skill: str) -> bool:
        """Whether the skill was called, or its first file read."""
        for call in self.calls:
            if call.failed:
                continue
            if call.tool == "Skill" and skill in str(call.input.get("skill") or call.input.get("command") or ""):
                return True
            if call.tool == "Read" and PurePosixPath(str(call.input.get("file_path"))).parts[-2:] == (skill, "SKILL.md"):
                return True
        return False

    @property
    def calls(self) -> list[Call]:
        """All uses of tools, in order, each with its result."""
        results = {
            block.get("tool_use_id"): (_text(block.get("content")), bool(block.get("is_error")))
            for block in self._blocks("user")
            if block.get("type") == "tool_result"
        }
        return [
            Call(str(block.get("name")), block.get("input") or {}, *results.get(block.get("id"), (None, False)))
            for block in self._blocks("assistant")
            if block.get("type") == "tool_use"
        ]

    def _blocks(self, role: str) -> Iterator[Mapping[str, Any]]:
        for event in self.events:
            message = event.get("message")
            content = message.get("content") if event.get("type") == role and isinstance(message, Mapping) else None
            yield from (block for block in content if isinstance(block, Mapping)) if isinstance(content, list) else ()

    def proof(self, name: str, handed_over: bytes | None, before: bytes | None = None) -> Proof:
        """Whether the file `name` of the workspace was proved as it was handed over; `before` is what it held at the start.

        The file's content is followed through the record: what was written and edited is known, what a command did to it is not. A verdict
        counts where the file's digest was then that of what was handed over or, where it is not known, where nothing changed it afterwards.
        """
        if handed_over is None:
            return Proof(seen=f"there is no {name}")
        final = sha256(handed_over).digest()
        states: list[bytes | None] = [before]
        verdicts: list[tuple[int, str, bool]] = []
        for call in self.calls:
            states.extend(_changes(call, name, states[-1]))
            if (verdict := _verdict(call, name)) is not None:
                verdicts.append((len(states) - 1, *verdict))
        counted = [
            (by, passed)
            for at, by, passed in verdicts
            if (sha256(state).digest() == final if (state := states[at]) is not None else at == len(states) - 1)
        ]
        if not counted:
            return Proof(seen="the file was changed after its last verdict" if verdicts else Proof().seen)
        by = PROVER if any(each == PROVER for each, _ in counted) else ENGINE
        passed = [good for each, good in counted if each == by][-1]
        return Proof(by, passed, f"the {by}'s last verdict on this very file is {'good' if passed else 'bad'}")


def _objects(lines: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    for line in lines:
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield found


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(str(block.get("text", "")) for block in content if isinstance(block, Mapping)) if isinstance(content, list) else ""


def _changes(call: Call, name: str, content: bytes | None) -> Iterator[bytes | None]:
    """What the file holds after the call, where the call may have changed it; None where that is not known."""
    if call.tool == "Bash":
        if _may_change(str(call.input.get("command") or ""), name):
            yield None
        return
    if call.failed or not _is(str(call.input.get("file_path") or ""), name):
        return
    if call.tool == "Write":
        yield str(call.input.get("content") or "").encode()
    elif call.tool in ("Edit", "MultiEdit"):
        for edit in call.input.get("edits") or [call.input]:
            old, new = (str(edit.get(key) or "").encode() for key in ("old_string", "new_string"))
            if content is not None:
                content = content.replace(old, new, -1 if edit.get("replace_all") else 1)
        yield content


def _is(path: str, name: str) -> bool:
    """Whether a path that a tool was given means the workspace's file: the path's last parts are its name's."""
    parts = PurePosixPath(name).parts
    return PurePosixPath(path).parts[-len(parts) :] == parts


def _may_change(script: str, name: str) -> bool:
    last = PurePosixPath(name).name
    for command in _commands(script):
        if any(">" in each.operator and _is(each.target.value, name) for each in command.redirects):
            return True
        if command.name in _INTERPRETERS:
            ours = any(word.value.endswith(_OURS) for word in command.arguments)
            inline = command.has("-c", "-e", "-i") or any(word.value == "-" for word in command.arguments) or command.redirects
            if inline and not ours and last in script:
                return True
            continue
        changes = command.name in _MOVERS or command.has(*_EDITORS.get(command.name, ()))
        if changes and any(last in word.value for word in command.arguments):
            return True
    return False


def _verdict(call: Call, name: str) -> tuple[str, bool] | None:
    """Whose verdict on the file the call shows, and whether it is good."""
    if call.tool != "Bash" or call.result is None:
        return None
    kinds = {kind for command in _commands(str(call.input.get("command") or "")) if (kind := _kind(command, name))}
    if not kinds:
        return None
    by = PROVER if PROVER in kinds else ENGINE
    if by == PROVER:
        if counts := _COUNTS.findall(call.result):
            return by, all(passed != "0" and failed == "0" for passed, failed in counts)
        if statuses := _EXIT_STATUS.findall(call.result):
            return by, all(status == "0" for status in statuses)
        return None  # it was called, and what it said is not on record
    return by, not call.failed and not _REFUSED.search(call.result)


def _kind(command: Any, name: str) -> str:
    """PROVER or ENGINE for a command that proves or builds this file, else nothing."""
    words = [word.value for word in command.words]
    if any(PurePosixPath(word).name in _PROVERS for word in words):
        return "" if {"--image", "--help", "--list-checks"} & set(words) else PROVER if _builds(words, name) else ""
    if command.name in _ENGINES:
        plain = tuple(word for word in words[1:] if not word.startswith("-"))
        if any(plain[: len(verb)] == verb for verb in _BUILDS) and not {"--check", "--help"} & set(words):
            return ENGINE if _builds(words, name) else ""
    return ""


def _builds(words: list[str], name: str) -> bool:
    """Whether `-f` names the file, or nothing does and it has the name that is built unnamed."""
    for word, after in zip(words, [*words[1:], ""], strict=True):
        flag, equals, value = word.partition("=")
        if flag in ("-f", "--file"):
            return _is(value if equals else after, name)
    return PurePosixPath(name).name in ("Dockerfile", "Containerfile")


def _commands(script: str) -> list[Any]:
    from dockerlint.shell import parse
    from dockerlint.text import Text

    return list(parse(Text.of_lines(script.splitlines(), 1)))
