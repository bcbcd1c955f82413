"""Frozen answers: a good one for each case, and mutants of it, each of which breaks one criterion.

`answers/NAME/good/` has the files that the answer adds to the workspace, and answer.md. `answers/NAME/mutants.toml` has the mutants:
`[[mutant]]` with `flips` (a criterion's id) and one edit, or `edits`, a list of such. An edit names a `file` and one of: `find` (it must
be there) with `replace`; `write`, the whole text; `remove = true`.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from harness.answers import Answer, lay_out, read_answer
from harness.cases import Case

ANSWERS = Path(__file__).parent / "answers"
TODAY = "2026-11-25"
"""The day by which the frozen answers are right."""
EDITS = ({"file", "find", "replace"}, {"file", "write"}, {"file", "remove"})


class Mutant(NamedTuple):
    """A change of the good answer that one criterion, and no other, objects to."""

    flips: str
    edits: tuple[Mapping[str, Any], ...]


def mutants(case: Case, answers: Path = ANSWERS) -> Iterator[Mutant]:
    """All mutants of a case."""
    document = tomllib.loads((answers / case.name / "mutants.toml").read_text(encoding="utf-8"))
    assert document.keys() == {"mutant"}, document.keys()
    for table in document["mutant"]:
        flips = table.pop("flips")
        edits = table.pop("edits", None) or [table]
        assert all(set(edit) in EDITS for edit in edits), f"{case.name}: {flips}: {edits}"
        yield Mutant(flips, tuple(edits))


def laid_out(case: Case, folder: Path, answers: Path = ANSWERS, mutant: Mutant | None = None) -> Answer:
    """The good answer, or a mutant of it, in its workspace."""
    lay_out(case, folder)
    shutil.copytree(answers / case.name / "good", folder, dirs_exist_ok=True)
    for edit in mutant.edits if mutant else ():
        path = folder / edit["file"]
        if "find" in edit:
            text = path.read_text(encoding="utf-8")
            assert edit["find"] in text, f"{case.name}: the mutant of {mutant and mutant.flips} looks for {edit['find']!r} in vain"
            path.write_text(text.replace(edit["find"], edit["replace"]), encoding="utf-8")
        elif "write" in edit:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(edit["write"], encoding="utf-8")
        else:
            path.unlink()
    return read_answer(folder)
