"""Whether an answer was proved: the record must show a verdict on the very file that was handed over."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from harness.transcript import Transcript

ONE, TWO = "FROM scratch\n", "FROM scratch\nUSER 1\n"
GOOD = "checks\n\n12 passed, 0 failed, 1 skipped in 8.1 s"
BAD = "checks\n\n11 passed, 1 failed, 1 skipped in 8.1 s"
PROVE = "python3 /skill/scripts/verify_image.py . --port 8000"
BUILD = "docker build -t app . 2>&1 | tail -3"
BUILT = "#9 naming to docker.io/library/app:latest done"


def write(text: str, path: str = "/tmp/x/Dockerfile") -> tuple[str, dict[str, Any], str, bool]:
    return "Write", {"file_path": path, "content": text}, "written", False


def edit(old: str, new: str) -> tuple[str, dict[str, Any], str, bool]:
    return "Edit", {"file_path": "/tmp/x/Dockerfile", "old_string": old, "new_string": new}, "edited", False


def bash(command: str, result: str = "", failed: bool = False) -> tuple[str, dict[str, Any], str, bool]:
    return "Bash", {"command": command}, result, failed


def transcript(*calls: tuple[str, dict[str, Any], str, bool]) -> Transcript:
    return Transcript(_events(calls))


def _events(calls: tuple[tuple[str, dict[str, Any], str, bool], ...]) -> Iterator[dict[str, Any]]:
    for number, (tool, given, result, failed) in zip(itertools.count(), calls, strict=False):
        use = {"type": "tool_use", "id": f"t{number}", "name": tool, "input": given}
        yield {"type": "assistant", "message": {"content": [use]}}
        answer = {"type": "tool_result", "tool_use_id": f"t{number}", "content": [{"type": "text", "text": result}], "is_error": failed}
        yield {"type": "user", "message": {"content": [answer]}}


RECORDS: dict[str, tuple[list[Any], tuple[str, bool]]] = {
    "written and proved": ([write(TWO), bash(PROVE, GOOD)], ("prover", True)),
    "written and proved badly": ([write(TWO), bash(PROVE, BAD)], ("prover", False)),
    "proved badly, then well": ([write(TWO), bash(PROVE, BAD), bash(PROVE, GOOD)], ("prover", True)),
    "written and built": ([write(TWO), bash(BUILD, BUILT)], ("engine", True)),
    "written, and the build fails": ([write(TWO), bash(BUILD, "ERROR: failed to solve: no such file", True)], ("engine", False)),
    "a failing build in a pipe": ([write(TWO), bash(BUILD, "#5 ERROR: no such file\nERROR: failed to solve: x")], ("engine", False)),
    "proved beats built": ([write(TWO), bash(PROVE, GOOD), bash(BUILD, BUILT)], ("prover", True)),
    "never built": ([write(TWO)], ("", False)),
    "only looked at": ([write(TWO), bash("docker build --check .", "ok"), bash(f"{PROVE} --help", GOOD)], ("", False)),
    "another file was built": ([write(TWO), bash("docker build -f Other.Dockerfile .", BUILT)], ("", False)),
    "named and built": ([write(TWO), bash("docker buildx build --load -f ./Dockerfile .", BUILT)], ("engine", True)),
    "changed after the proof": ([write(ONE), bash(PROVE, GOOD), write(TWO)], ("", False)),
    "edited after the proof": ([write(ONE), bash(PROVE, GOOD), edit("scratch\n", "scratch\nUSER 1\n")], ("", False)),
    "edited before the proof": ([write(ONE), edit("scratch\n", "scratch\nUSER 1\n"), bash(PROVE, GOOD)], ("prover", True)),
    "changed and changed back": ([write(TWO), bash(PROVE, GOOD), write(ONE), write(TWO)], ("prover", True)),
    "another file written after": ([write(TWO), bash(PROVE, GOOD), write("x", "/tmp/x/README.md")], ("prover", True)),
    "another folder's Dockerfile counts as it": ([write(TWO), bash(PROVE, GOOD), write(ONE, "/tmp/x/sub/Dockerfile")], ("prover", True)),
    "a heredoc, then the proof": ([bash(f"cat > Dockerfile <<'EOF'\n{TWO}EOF"), bash(PROVE, GOOD)], ("prover", True)),
    "a heredoc and the proof at once": ([bash(f"cat > Dockerfile <<'EOF'\n{TWO}EOF\n{PROVE}", GOOD)], ("prover", True)),
    "a heredoc after the proof": ([bash(PROVE, GOOD), bash(f"cat > Dockerfile <<'EOF'\n{TWO}EOF")], ("", False)),
    "sed after the proof": ([bash("cp a Dockerfile"), bash(PROVE, GOOD), bash("sed -i s/a/b/ Dockerfile")], ("", False)),
    "a script after the proof": ([bash("cp a Dockerfile"), bash(PROVE, GOOD), bash("python3 -c \"open('Dockerfile')\"")], ("", False)),
    "only read after the proof": ([bash("cp a Dockerfile"), bash(PROVE, GOOD), bash("sed -n 1p Dockerfile")], ("prover", True)),
    "validated after the proof": (
        [bash("cp a Dockerfile"), bash(PROVE, GOOD), bash("python3 /skill/scripts/validate_dockerfile.py Dockerfile")],
        ("prover", True),
    ),
    "the prover says JSON": ([write(TWO), bash(f"{PROVE} --format json", '{"exit_status": 0}')], ("prover", True)),
    "the prover could not work": ([write(TWO), bash(PROVE, "verify-image: no engine answers", True)], ("", False)),
    "only talk of building": ([write(TWO), bash("echo docker build .", "docker build ."), bash("grep -c build x", "1")], ("", False)),
    "what was written is not what is there": ([write(ONE), bash(PROVE, GOOD)], ("", False)),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_verdict_counts_for_the_file_that_was_handed_over(name: str) -> None:
    calls, wanted = RECORDS[name]
    proof = transcript(*calls).proof("Dockerfile", TWO.encode())
    assert (proof.by, proof.passed) == wanted, proof.seen


def test_a_file_that_was_there_and_stayed_counts_as_proved_when_it_was_built() -> None:
    record = transcript(bash(PROVE, GOOD))
    assert record.proof("Dockerfile", TWO.encode(), TWO.encode()).by == "prover"
    assert record.proof("Dockerfile", TWO.encode(), ONE.encode()).by == ""
    assert record.proof("Dockerfile", None).seen == "there is no Dockerfile"


def test_use_of_the_skill() -> None:
    assert transcript(("Skill", {"skill": "writing-dockerfiles:writing-dockerfiles"}, "launched", False)).uses("writing-dockerfiles")
    assert transcript(("Read", {"file_path": "/a/writing-dockerfiles/SKILL.md"}, "…", False)).uses("writing-dockerfiles")
    assert not transcript(("Skill", {"skill": "writing-dockerfiles"}, "unknown", True)).uses("writing-dockerfiles")
    assert not transcript(("Skill", {"skill": "deploying"}, "launched", False)).uses("writing-dockerfiles")


def test_cost_and_message_of_a_record_that_was_cut_off() -> None:
    cut = Transcript([{"type": "assistant", "message": {"content": [{"type": "text", "text": "I begin."}]}}])
    assert cut.message == "I begin." and cut.cost == (None, None, None, None)
    whole = Transcript([{"type": "result", "result": "Done.", "num_turns": 3, "total_cost_usd": 0.5, "usage": {
        "input_tokens": 1, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 300, "output_tokens": 4000,
    }}])  # fmt: skip
    assert whole.message == "Done." and whole.cost == (3, 4321, 4000, 0.5)
