"""The same cases in the formats of others, generated, so that nothing is written twice.

- `evals.json` and `triggers.json`: what skill-creator reads.
- the table of facts in `README.md`, between two marks.
- `NAME/case.yaml`, `NAME/scaffold.sh` and `NAME/graders/*.md`: what `claude plugin eval` reads beside `prompt.md`. It has no graders of
  code, so what the model, the validator and the prover tell here becomes one question to a judge there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.cases import EVALS, PROMPT, ROOT, WORKSPACE, Case, Criterion
from harness.facts import FACTS

SKILL = "writing-dockerfiles"
MANUAL = "README.md"
GENERATED = (MANUAL, "evals.json", "triggers.json", "*/case.yaml", "*/scaffold.sh", "*/graders/*.md")
"""Every generated file, below `evals/`."""
_FACTS = re.compile(r"(<!-- facts: .*? -->\n).*?(<!-- facts end -->)", re.DOTALL)
_FLAGS = re.compile(r"\A\(\?([ims]+)\)")
_PYTHON_ONLY = re.compile(r"\\[AZ]|\(\?P|\(\?[aiLmsux]")


def generated(cases: Iterable[Case], folder: Path = EVALS) -> dict[Path, str]:
    """The text of every generated file, by its path below the folder of the cases."""
    cases = list(cases)
    files = {Path("evals.json"): _json(_evals(cases)), Path("triggers.json"): _json(_triggers(cases))}
    for case in cases:
        files |= {Path(case.name, name): text for name, text in _plugin_eval(case)}
    manual = folder / MANUAL
    if manual.is_file():
        files[Path(MANUAL)] = _with_facts(manual.read_text(encoding="utf-8"))
    return files


def stale(cases: Iterable[Case], folder: Path = EVALS) -> list[str]:
    """Paths of generated files that are not what they should be, or should not be there."""
    wanted = generated(cases, folder)
    there = {path.relative_to(folder) for pattern in GENERATED for path in folder.glob(pattern)}
    wrong = {path for path, text in wanted.items() if path in there and (folder / path).read_text(encoding="utf-8") != text}
    return sorted(map(str, wrong | (there ^ wanted.keys())))


def write(cases: Iterable[Case], folder: Path = EVALS) -> list[str]:
    """Write what is stale; the paths of it."""
    cases = list(cases)
    wanted = generated(cases, folder)
    found = stale(cases, folder)
    for name in found:
        path = folder / name
        if Path(name) in wanted:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted[Path(name)], encoding="utf-8")
            path.chmod(0o755 if path.suffix == ".sh" else 0o644)
        else:
            path.unlink()
    return found


def _with_facts(text: str) -> str:
    rows = [f"| `{name}` | {fact.kind} | {' '.join(fact.manual.split())} |" for name, fact in FACTS.items()]
    table = "\n".join(["", "| fact | kind | what it is |", "| --- | --- | --- |", *rows, "", ""])
    return _FACTS.sub(lambda match: match[1] + table + match[2], text)


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _evals(cases: list[Case]) -> dict[str, Any]:
    return {
        "skill_name": SKILL,
        "evals": [
            {
                "id": case.id,
                "eval_name": case.name,
                "prompt": case.prompt,
                "expected_output": case.expected_output,
                "files": sorted(_files(case)),
                "expectations": [criterion.text for criterion in case.criteria],
            }
            for case in cases
        ],
    }


def _files(case: Case) -> Iterator[str]:
    """The files of the workspace, from the skill's root; what a maker makes is not there yet."""
    if case.workspace:
        place = Path("evals", case.name) / WORKSPACE if _own(case) else case.workspace.relative_to(ROOT)
        yield from ((place / path.relative_to(case.workspace)).as_posix() for path in case.workspace.rglob("*") if path.is_file())


def _own(case: Case) -> bool:
    """Whether the workspace is in the case's folder."""
    return bool(case.workspace) and case.workspace == case.folder / WORKSPACE


def _triggers(cases: list[Case]) -> list[dict[str, Any]]:
    return [{"query": case.prompt, "should_trigger": case.should_trigger} for case in cases]


# claude plugin eval --------------------------------------------------------------------------------------------------------------------


def _plugin_eval(case: Case) -> Iterator[tuple[str, str]]:
    scaffold = list(_scaffold(case))
    document: dict[str, Any] = {"schema_version": "1.1", "name": case.name}
    if scaffold:
        document["context"] = {"scaffold_script": "scaffold.sh"}
        yield "scaffold.sh", "\n".join(["#!/bin/sh", "# Generated: the workspace of this case.", "set -eu", *scaffold, ""])
    yield "case.yaml", f"# Generated from {PROMPT} and expect.json.\n{_yaml(document)}"
    skill = {"type": "tool_used", "tool": "Skill", "input_match": SKILL}
    bounds = {"min": 1, "arm": "with-only"} if case.should_trigger else {"min": 0, "max": 0, "arm": "both"}
    yield "graders/skill.md", _grader({**skill, **bounds}, "The skill is used." if case.should_trigger else "The skill is left alone.")
    asked = []
    for criterion in case.criteria:
        options = _options(criterion)
        if options:
            yield f"graders/{criterion.id}.md", _grader(options, criterion.text)
        elif criterion.comparison != "unchanged":  # which it cannot see
            asked.append(f"- {criterion.text}")
    if asked:
        question = "Each of these holds, as far as the files and the last message tell:\n\n" + "\n".join(asked)
        yield "graders/judged.md", _grader({"type": "llm", "weight": len(asked), "focus": "files"}, question)


def _scaffold(case: Case) -> Iterator[str]:
    if case.workspace:
        path = WORKSPACE if _own(case) else f"../../{case.workspace.relative_to(ROOT).as_posix()}"
        yield f'cp -R "$(dirname "$0")/{path}/." .'
    if case.make:
        yield f'python3 "$(dirname "$0")/../made.py" {" ".join(case.make)}'


def _options(criterion: Criterion) -> Mapping[str, Any]:
    """A grader's options; nothing where only a judge can tell."""
    if criterion.subject == "file" and criterion.comparison == "exists":
        return {"type": "file_exists", "path": criterion.of, "exists": criterion.value}
    if criterion.subject == "file" and criterion.comparison in ("matches", "contains"):
        pattern = criterion.value if criterion.comparison == "matches" else re.escape(criterion.value)
        return _regex(pattern, criterion.expected, {"source": "file", "path": criterion.of})
    if criterion.subject == "answer":
        return _regex(criterion.of, criterion.expected, "last_message")
    return {}


def _regex(pattern: str, expected: bool, target: Any) -> Mapping[str, Any]:
    """The options for a regular expression; nothing where it is one that only Python reads."""
    leading = _FLAGS.match(pattern)
    rest = pattern[leading.end() :] if leading else pattern
    if _PYTHON_ONLY.search(rest):
        return {}
    flags = "".join(sorted({"m", *(leading[1] if leading else "")}))
    return {"type": "regex", "pattern": rest, "flags": flags, "match": "contains" if expected else "not_contains", "target": target}


def _grader(options: Mapping[str, Any], text: str) -> str:
    return f"---\n{_yaml(options)}---\n{text}\n"


def _yaml(document: Mapping[str, Any]) -> str:
    import yaml

    text: str = yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=1000)
    return text
