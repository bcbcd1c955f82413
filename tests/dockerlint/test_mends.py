"""Every mend against its rule's case file, its docstring, and Dockerfiles without end."""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockerlint.explain import mends as promised
from dockerlint.finding import APPLICABILITIES
from dockerlint.fixes import WORSE, Judged
from dockerlint.mends import MENDS
from dockerlint.mends import load as load_mends
from dockerlint.rules import load

from .harness import examples, read, surroundings
from .mending import codes_of, judge, meaning, mended
from .mutants import SNIPPETS, mutants, seeds
from .test_rules import case_files, named

Judge = Callable[[Iterable[Path]], Iterator[dict[str, Any]]]
BuildKit = Judge

RULES = load()
CASES = case_files("mend", "unmended")
# How often the endless cases are tried: more of them by hand.
MANY = int(os.environ.get("DOCKERLINT_MENDS", "400"))
# Mends that have nothing to decide: wherever the rule objects, they can.
ALWAYS = {
    "WD130", "WD131", "WD132", "WD133", "WD137", "WD144", "WD147", "WD304", "WD311", "WD312", "WD313", "WD314", "WD324", "WD325", "WD326",
    "WD346", "WD408", "WD409", "WD417", "WD423", "WD506", "WD816", "WD901", "WD902", "WD904", "WD905", "WD906",
}  # fmt: skip


def variants(text: str) -> Iterator[tuple[str, Callable[[str], bytes]]]:
    """Ways to write a text that a mend must not care about, nor change."""
    yield "as it is", lambda each: each.encode()
    yield "CRLF", lambda each: each.replace("\n", "\r\n").encode()
    yield "a byte-order mark", lambda each: b"\xef\xbb\xbf" + each.encode()
    if not re.match(r"#\s*\w+\s*=", text) and "# syntax" not in text:
        yield "a comment with bytes that are not UTF-8", lambda each: b"# caf\xe9\n" + each.encode()


@pytest.mark.parametrize(("code", "kind", "case"), CASES, ids=named)
def test_case(code: str, kind: str, case: dict[str, Any]) -> None:
    text, files = case["dockerfile"], case.get("files")
    offered = [finding.fix for finding in judge(text.encode(), [code], files).shown]
    assert offered, "the rule finds nothing here"
    if kind == "unmended":
        assert mended(text.encode(), True, [code], files).data == text.encode()
        return
    assert {fix.applicability for fix in offered if fix} == {case["fix"]}
    for _, written in variants(text):
        safely = mended(written(text), False, [code], files)
        assert safely.data == written(case["mended"] if case["fix"] == "safe" else text)
        result = mended(written(text), True, [code], files)
        assert result.data == written(case["mended"])
        assert not result.refused


def test_the_manuals_say_what_is_mended_and_how_safely() -> None:
    load_mends()
    assert set(MENDS) == {code for code, rule in RULES.items() if promised(rule.doc)}
    for code in MENDS:
        shown = {case["fix"] for each, kind, case in CASES if each == code and kind == "mend"}
        assert shown == set(promised(RULES[code].doc).split(" or ")) <= set(APPLICABILITIES), code
        assert code in ALWAYS or any(each == code for each, kind, _ in CASES if kind == "unmended"), code


def test_the_bad_of_a_manual_is_mended() -> None:
    """A Bad that is mended has its finding no longer; a few take a person."""
    tried = 0
    for code in load_mends():
        for text in examples(RULES[code].doc, "Bad:"):
            files, _ = surroundings(text)
            result = mended(text.encode(), True, [code], files or None)
            if result.mended:
                tried += 1
                assert len(judge(result.data, [code], files or None).shown) < len(judge(text.encode(), [code], files or None).shown)
    assert tried > 0.8 * len(MENDS)


def no_worse(before: Judged, after: Judged) -> bool:
    """Whether no rule finds more at warning or above, and none more that breaks the build."""
    counts = [Counter(each.code for each in judged.all if each.severity in WORSE) for judged in (before, after)]
    broken = [Counter(each.code for each in judged.all if each.breaks_build) for judged in (before, after)]
    return not counts[1] - counts[0] and not broken[1] - broken[0]


def check(data: bytes, unsafe: bool) -> bytes:
    """Mends, checks what holds for every text, and gives the result."""
    result = mended(data, unsafe)
    before, after = judge(data), judge(result.data)
    assert no_worse(before, after)
    left = {(each.finding.code, each.finding.fix) for each in result.refused}
    wanted = [each for each in after.shown if each.fix and (unsafe or each.fix.applicability == "safe")]
    assert {(each.code, each.fix) for each in wanted} == left, "all that can be mended is, or is given up"
    assert mended(result.data, unsafe).data == result.data
    if "WD151" not in codes_of(result.mended):
        assert not _comments(data) - _comments(result.data), "a comment is lost"
    if not unsafe:
        assert all(each.fix and each.fix.applicability == "safe" for each in result.mended)
        if not any(each.breaks_build for each in before.all):
            apart = codes_of(result.mended)
            assert meaning(result.data, apart) == meaning(data, apart)
    if not result.mended:
        assert result.data == data
    return result.data


def _comments(data: bytes) -> Counter[bytes]:
    return Counter(line.strip() for line in data.split(b"\n") if line.lstrip().startswith(b"#"))


@cache
def mended_mutants(unsafe: bool) -> list[tuple[bytes, bytes]]:
    """Dockerfiles made of the cases, and what becomes of them."""
    return [(text.encode(), check(text.encode(), unsafe)) for text in mutants(MANY, seed=11)]


@cache
def mended_cases() -> list[tuple[bytes, bytes]]:
    """The Dockerfiles of all cases, and what becomes of them with all mends."""
    return [(text.encode(), mended(text.encode(), unsafe=True).data) for text in seeds()]


@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
def test_mutants_are_mended_for_good_and_build_as_before(unsafe: bool, judge: BuildKit, tmp_path: Path) -> None:
    texts, results = zip(*mended_mutants(unsafe), strict=True)
    assert sum(text != result for text, result in zip(texts, results, strict=True)) > 0.3 * len(texts)
    verdicts = [list(judge(_written(tmp_path / name, files))) for name, files in (("before", texts), ("after", results))]
    for text, result, before, after in zip(texts, results, *verdicts, strict=True):
        assert before["refused"] or not after["refused"], (text, result, after["refused"])
        checks = [Counter(each["rule"] for each in said["warnings"]) for said in (before, after)]
        assert before["refused"] or not checks[1] - checks[0], (text, result)


def test_mended_code_is_code_as_before(tmp_path: Path) -> None:
    """What a shell can read it can read after the mends, too; BuildKit does not look into it."""
    pairs = [(_scripts(text), _scripts(result)) for text, result in (*mended_cases(), *mended_mutants(unsafe=True))]
    changed = [({*(before - after)}, {*(after - before)}) for before, after in pairs]
    unreadable = _unreadable(tmp_path, sorted({script for pair in changed for scripts in pair for script in scripts}))
    for before, after in changed:
        assert unreadable & before or not unreadable & after, unreadable & after


def _scripts(data: bytes) -> Counter[str]:
    """The shell code of a Dockerfile's RUN instructions, which may be the same in several."""
    held = (instruction.trigger or instruction for instruction in read(data, []).dockerfile.instructions)
    runs = [each for each in held if each.keyword == "RUN" and each.form == "shell"]
    return Counter(body for each in runs for body in ([here.body.value for here in each.heredocs] or [each.value]))


def _unreadable(folder: Path, scripts: list[str]) -> set[str]:
    """Those that bash refuses to read."""
    for number, script in enumerate(scripts):
        (folder / str(number)).write_text(script, errors="surrogateescape")
    loop = f'for n in $(seq 0 {len(scripts) - 1}); do bash -n "$n" 2>/dev/null || echo "$n"; done'
    told = subprocess.run(["bash", "-c", loop], cwd=folder, capture_output=True, text=True, check=True)
    refused = {scripts[int(number)] for number in told.stdout.split()}
    assert refused < set(scripts), "bash reads none of them"
    return refused


def test_all_cases_together_build_as_before(judge: BuildKit, tmp_path: Path) -> None:
    texts, results = zip(*mended_cases(), strict=True)
    verdicts = [list(judge(_written(tmp_path / name, files))) for name, files in (("before", texts), ("after", results))]
    for text, result, before, after in zip(texts, results, *verdicts, strict=True):
        assert before["refused"] or not after["refused"], (text, result, after["refused"])


def _written(folder: Path, texts: Iterable[bytes]) -> list[Path]:
    folder.mkdir()
    paths = []
    for number, text in enumerate(texts):
        paths.append(folder / str(number))
        paths[-1].write_bytes(text)
    return paths


LINES = [*SNIPPETS, *(f"{line}\n" for text in seeds()[:400] for line in text.split("\n"))]
MADE = st.lists(st.one_of(st.sampled_from(LINES), st.text("abAB $'\"\\#<\n\t=[],-", max_size=8)), max_size=12)


@given(MADE.map(lambda parts: "FROM debian:13-slim\n" + "".join(parts)), st.booleans())
@settings(max_examples=MANY // 2, deadline=None)
def test_made_dockerfiles_are_mended_for_good(text: str, unsafe: bool) -> None:
    check(text.encode(), unsafe)
