"""BuildKit is the oracle: its parser for where instructions begin and end, its front end for what is refused and what is warned of."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import dockerfile as buildkit
from hypothesis import given, settings
from hypothesis import strategies as st

from dockerlint.check_directive import file_check_options
from dockerlint.parser import Instruction, parse
from dockerlint.rules import load
from dockerlint.selection import Layer, resolve
from dockerlint.source import Source
from dockerlint.suppress import apply

from .harness import read
from .mutants import SNIPPETS, mutants, seeds

Judge = Callable[[Iterable[Path]], Iterator[dict[str, Any]]]

# BuildKit's checks that need no context and no registry, by the code of the rule that stands for each.
CHECKS = {
    "WD130": "StageNameCasing", "WD131": "FromAsCasing", "WD132": "NoEmptyContinuation", "WD133": "ConsistentInstructionCasing",
    "WD134": "DuplicateStageName", "WD135": "ReservedStageName", "WD136": "JSONArgsRecommended", "WD137": "MaintainerDeprecated",
    "WD138": "UndefinedArgInFrom", "WD139": "InvalidDefaultArgInFrom", "WD140": "WorkdirRelativePath", "WD141": "UndefinedVar",
    "WD142": "MultipleInstructionsDisallowed", "WD143": "LegacyKeyValueFormat", "WD144": "RedundantTargetPlatform",
    "WD145": "FromPlatformFlagConstDisallowed", "WD146": "SecretsUsedInArgOrEnv", "WD147": "ExposeProtoCasing",
    "WD148": "ExposeInvalidFormat",
}  # fmt: skip
CODES = [*CHECKS, *(code for code, rule in load().items() if rule.breaks_build)]


def shape(instruction: Instruction) -> tuple[Any, ...]:
    """What BuildKit's parser says of an instruction, too: keyword, lines, form, flags, heredocs, and the elements in exec form."""
    inner = instruction.trigger or instruction
    # Its flags are split off the trigger's, as BuildKit's parser for ONBUILD does.
    flags = tuple(f"--{flag.name}" + ("" if flag.value is None else f"={flag.value}") for flag in instruction.flags)
    elements = tuple(word.value for word in inner.words) if inner.form == "exec" else ()
    heredocs = tuple((heredoc.name, heredoc.body.value) for heredoc in instruction.heredocs)
    return (instruction.keyword, instruction.line, instruction.end_line, inner.form == "exec", flags, heredocs, elements)


def expected(command: buildkit.Command) -> tuple[Any, ...]:
    heredocs = tuple((heredoc.name, _chomped(command, heredoc)) for heredoc in command.heredocs)
    elements = tuple(command.value) if command.json else ()
    return ((command.cmd or "").upper(), command.start_line, command.end_line, command.json, tuple(command.flags), heredocs, elements)


def _chomped(command: buildkit.Command, heredoc: Any) -> str:
    """BuildKit removes the tabs of `<<-` later; here they are removed already."""
    dashed = re.search(rf"<<-\s*[\"']?{re.escape(heredoc.name)}", command.original)
    return re.sub(r"(?m)^\t+", "", heredoc.content) if dashed else heredoc.content


def _is_json(original: str) -> bool:
    try:
        json.loads(original[original.index("[") :])
    except ValueError:
        return False
    return True


def agree(text: str) -> bool:
    """Compares with BuildKit's parser; False where that refuses the text, so that there is nothing to compare."""
    try:
        commands = buildkit.parse_string(text)
    except buildkit.GoParseError:
        return False
    if any(command.sub_cmd or (command.json and not _is_json(command.original)) for command in commands):
        return False  # this binding's BuildKit (0.12) still took what follows a JSON array for nothing, and says little of ONBUILD
    if any("<<" in (command.original or "") and re.search(r"\$\{|<<-?\s", command.original) for command in commands):
        return False  # it knows fewer modifiers of variables than BuildKit does today, and no space between << and the name
    if not all(flag.isascii() for command in commands for flag in command.flags):
        return False  # it takes each byte of a flag for a character
    ours = [shape(instruction) for instruction in parse(Source("Dockerfile", text.encode()))]
    assert ours == [expected(command) for command in commands]
    return True


def test_instructions_of_every_case_agree_with_buildkits_parser() -> None:
    compared = sum(agree(text) for text in seeds())
    assert compared > 100


def test_instructions_of_mutants_agree_with_buildkits_parser() -> None:
    compared = sum(agree(text) for text in mutants(3000, seed=3) if "\r" not in text)
    assert compared > 1000


DOCKERFILES = st.lists(
    st.one_of(
        st.sampled_from([*SNIPPETS, *(line for text in seeds()[:200] for line in text.split("\n"))]),
        st.text("abAB $'\"\\#<\n\t=[],-", max_size=8),
    ),
    max_size=12,
).map(lambda parts: "FROM scratch\n" + "\n".join(parts))


@given(DOCKERFILES.filter(lambda text: "\r" not in text))
@settings(max_examples=2000, deadline=None)
def test_made_instructions_agree_with_buildkits_parser(text: str) -> None:
    agree(text)


def files_of(texts: list[str], folder: Path) -> list[Path]:
    paths = []
    for number, text in enumerate(texts):
        paths.append(folder / str(number))
        paths[-1].write_bytes(text.encode())
    return paths


def verdict(text: str) -> tuple[bool, set[tuple[str, int]]]:
    """Whether we say that BuildKit refuses it; and the checks with the first lines of the instructions that they point at."""
    linted = read(text, CODES)
    outcome = apply(linted.findings, linted.dockerfile, resolve(Layer(select=CODES)))
    refused = any(finding.breaks_build for finding in outcome.findings)
    skipped = file_check_options(linted.dockerfile.source, {}).skip
    found = set()
    for finding in outcome.findings:
        check = CHECKS.get(finding.code)
        if check and check not in skipped:
            owner = next((i for i in linted.dockerfile.instructions if i.line <= finding.line <= i.last_line), None)
            found.add((check, finding.line if owner is None or check == "NoEmptyContinuation" else owner.line))
    return refused, found


def test_refusals_and_checks_of_mutants_agree_with_buildkit(judge: Judge, tmp_path: Path) -> None:
    """Of 10,000 mutants 99.5 % are refused or accepted as by BuildKit; of those that it builds, 97 % have its checks on its lines."""
    texts = list(mutants(10_000))
    verdicts = list(judge(files_of(texts, tmp_path)))
    assert len(verdicts) == len(texts)
    same_refusal = same_checks = accepted = 0
    differences = []
    for text, said in zip(texts, verdicts, strict=True):
        refused, found = verdict(text)
        if refused == bool(said["refused"]):
            same_refusal += 1
        else:
            differences.append((said["refused"], text))
        if not refused and not said["refused"]:
            accepted += 1
            wanted = {(w["rule"], w["lines"][0][0]) for w in said["warnings"] if w["rule"] in CHECKS.values()}
            same_checks += found == wanted
    assert accepted > 1000
    assert same_refusal >= 0.995 * len(texts), differences[:5]
    assert same_checks >= 0.97 * accepted


def depends_on_the_base(text: str, reason: str, lines: list[list[int]]) -> bool:
    """Whether the judge, who has no base images, misses a WORKDIR of theirs under which a mount belongs, or a variable of theirs."""
    if reason == 'invalid mount target "/"':
        return True
    empty = reason.startswith(("VOLUME specified can not be an empty string", "invalid signal", "invalid port"))
    return empty and "$" in text.split("\n")[lines[0][0] - 1]


def test_no_case_that_buildkit_builds_is_refused(judge: Judge, tmp_path: Path) -> None:
    texts = seeds()
    for text, said in zip(texts, judge(files_of(texts, tmp_path)), strict=True):
        refused, _ = verdict(text)
        if said["refused"] and not refused and depends_on_the_base(text, **said["refused"]):
            continue
        assert refused == bool(said["refused"]), (said["refused"], text)
