"""A change of one source file costs little: no dependency is fetched or compiled again, and the new code is what runs.

The change is made in a copy of the context. Where the file holds the text of --expect or --expect-log within quotes, that text is changed,
and the new image must answer with the new one; else a comment is added, and the new image must have other layers, or a step that may have
compiled the file must have run again: of a comment nothing need remain in a program.
"""

from __future__ import annotations

import os
import re
import secrets
from typing import TYPE_CHECKING

from imageproof import reach
from imageproof.buildlog import Step, shortened
from imageproof.engine import RunOptions, Setup
from imageproof.errors import Skip
from imageproof.fetching import fetches
from imageproof.outcome import Outcome, failed, listed, passed
from imagesize.units import size

if TYPE_CHECKING:
    from imageproof.engine import BuildResult
    from imageproof.proof import Proof

_COMMENTS = {
    "#": "py rb sh bash yml yaml toml pl r ex exs nix cfg conf tf Dockerfile jl",
    "//": "js mjs cjs ts tsx jsx mts cts go rs java kt kts c h cc cpp hpp cs swift scala php dart zig groovy gradle proto",
    "--": "sql lua hs elm",
}
_COMMENT = {ending: mark for mark, endings in _COMMENTS.items() for ending in endings.split()}
_AROUND = {
    "html": ("<!-- ", " -->"),
    "xml": ("<!-- ", " -->"),
    "md": ("<!-- ", " -->"),
    "vue": ("<!-- ", " -->"),
    "svelte": ("<!-- ", " -->"),
    "css": ("/* ", " */"),
}
_PROSE = frozenset("html htm txt md json csv".split())
_UNPROVEN = "--expect TEXT that stands in the file in quotes would prove that the new code runs"
_MARK = "changed by imageproof"
_ORDER = (
    "copy the manifests and the lock file, install, and only then copy the source; or give the installer, and the compiler, a cache mount"
)


def judge(proof: Proof) -> Outcome:
    """Changes the file, builds again, looks at which steps ran, runs the result."""
    built = proof.built
    if built is None:
        raise Skip("an image was given")
    path = proof.workspace.touched
    if not path:
        raise Skip("no --touch FILE is given")
    text = proof.spec.expect or proof.spec.expect_log
    shown, again, fetched = _build_changed(proof, path, text)
    if any(_took_mount_for_granted(built, step) for step, _ in fetched):
        shown, again, fetched = _build_changed(proof, path, text)
    if not again.ok:
        return failed(
            f"after a change of {path} it does not build: {again.failure}", "name a source file that may be changed so"
        )
    work = _steps(again)
    ran = [step for step in work if step.ran]
    steps = f"{len(ran)} of {len(work)} steps ran again in {again.seconds:.1f} s"
    notes = [f"ran again: {listed([f'`{shortened(step.instruction, 60)}`' for step in ran], 8)}"] if ran else []
    if fetched:
        step, line = fetched[0]
        return failed(
            f"after a change of {path} dependencies are fetched or compiled again "
            f"by `{shortened(step.instruction, 70)}`: {shortened(line)}",
            _ORDER,
            steps,
            *notes,
        )
    compiled = [step for step in ran if step.instruction.startswith("RUN ")]
    if again.image == built.image and compiled and not shown:
        return passed(
            f"{steps}, none of them fetches a dependency; the image is the same: of a comment in {path} nothing remains in it",
            *notes,
            _UNPROVEN,
        )
    if again.image == built.image:
        return failed(
            f"after a change of {path} the image is the same: it does not contain the new code",
            "let the step that compiles see the file, and copy its result out of the cache mount in the same RUN "
            "(or name a file that ships)",
            steps,
            *notes,
        )
    notes.append(_pull(proof, again.image))
    if not shown:
        return passed(
            f"{steps}, none of them fetches a dependency; the image changed with {path}",
            *notes,
            _UNPROVEN,
        )
    objection = _runs(proof, again.image, shown)
    if objection:
        return failed(
            f"after {path} says {shown!r} the new image {objection}",
            "let the step that compiles see the change: no stale binary may be copied",
            steps,
            *notes,
        )
    return passed(f"{steps}, none of them fetches a dependency; the new image says {shown!r}", *notes)


def _build_changed(proof: Proof, path: str, text: str) -> tuple[str, BuildResult, list[tuple[Step, str]]]:
    """What the image must say after a change (nothing where a comment was added), its build, which steps fetched and what shows it."""
    changed, shown = _change(proof, path, text)
    again = proof.build(context=changed)
    told = ((step, fetches(step, proof.model, proof.workspace.context)) for step in _steps(again) if step.ran)
    return shown, again, [(step, line) for step, line in told if line]


def _steps(build: BuildResult) -> list[Step]:
    """Those of the Dockerfile's steps that do more than to name a base."""
    return [step for step in build.log.work if not step.instruction.startswith("FROM ")]


def _took_mount_for_granted(built: BuildResult, step: Step) -> bool:
    """Whether a step with a cache mount came from the builder's cache at first: what it had put into the mount may be gone since."""
    mounts = "--mount=type=cache" in step.instruction
    return mounts and any(each.cached and each.instruction == step.instruction for each in built.log.work)


def _change(proof: Proof, path: str, text: str) -> tuple[str, str]:
    """Change the file in a copy of the context; the copy, and the text that the new image must say (nothing where a comment was added)."""
    with open(os.path.join(proof.workspace.context, path), "rb") as file:
        content = file.read()
    ending = os.path.basename(path).rpartition(".")[2].lower()
    unique = secrets.token_hex(4)  # the last proof's change is in the builder's cache
    if text:
        other = text[:-1] + unique
        written = re.escape(text.encode())
        quoted = (
            rb"([\"'`>][^\"'`\n]*?)(?<!\w)" + written + rb"(?!\w)(?=[^\"'`\n]*[\"'`<])"
        )  # elsewhere it may be a name of the program
        changed, count = re.subn(
            rb"()" + written if ending in _PROSE else quoted, lambda match: match[1] + other.encode(), content
        )
        if count:
            return proof.workspace.changed(path, changed), other
    before, after = _AROUND.get(ending, (f"{_COMMENT[ending]} ", "") if ending in _COMMENT else ("", ""))
    line = f"{before}{_MARK} {unique}{after}\n" if before else "\n" * (1 + secrets.randbelow(4000))
    return proof.workspace.changed(path, content + (b"" if content.endswith(b"\n") else b"\n") + line.encode()), ""


def _pull(proof: Proof, image: str) -> str:
    """How many bytes somebody fetches who has the image from before."""
    try:
        old = {layer.diff_id for layer in proof.contents.get().layers}
        new = [layer for layer in proof.read_image(image, "image-again.tar").layers if layer.diff_id not in old]
    except Skip as reason:
        return f"what a pull would fetch is not known: {reason}"
    fetched = size(sum(layer.compressed_bytes or 0 for layer in new), True)
    return f"a pull would fetch {fetched} in {len(new)} of {len(proof.contents.get().layers)} layers"


def _runs(proof: Proof, image: str, text: str) -> str:
    """What is wrong with how the new image runs; nothing where it says the new text."""
    expected = proof.reach._replace(expect=text) if proof.spec.expect else proof.reach._replace(expect_log=text)
    patience = min(proof.spec.start_seconds, 5 + 4 * proof.working().readiness.seconds)
    setup: Setup = proof.setup._replace(image=image)
    container = proof.engine.start(setup, RunOptions(quick_health=proof.reach.health and not proof.reach.ports))
    readiness = reach.wait(proof.engine, container, expected, patience)
    return "" if readiness.ready else readiness.seen
