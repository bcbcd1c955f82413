"""What the tests of mends share: a Dockerfile in, the mended one out, and what a Dockerfile means."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from posixpath import normpath
from typing import Any

from dockerlint.context import Context
from dockerlint.finding import Finding
from dockerlint.fixes import Judged, Mended, mend
from dockerlint.knowledge import signals
from dockerlint.lint import lint
from dockerlint.model import Dockerfile, Options, Stage
from dockerlint.parser import Instruction
from dockerlint.rules import load
from dockerlint.selection import Layer, resolve
from dockerlint.source import Source
from dockerlint.suppress import apply

from .harness import TODAY, read

DEFAULT = frozenset(code for code, rule in load().items() if rule.default)


def judge(data: bytes, codes: Collection[str] = DEFAULT, files: Mapping[str, str] | None = None) -> Judged:
    """The findings of these rules, with their fixes, and those of all rules that are on by default."""
    context = Context.of_files(files, "Dockerfile") if files is not None else Context()
    linted = lint(Source("Dockerfile", data), Options(today=TODAY), context, DEFAULT | frozenset(codes), fixes=True)
    outcome = apply(linted.findings, linted.dockerfile, resolve(Layer(select=sorted(codes))))
    return Judged([each for each in outcome.findings if each.code in codes], [each for each in linted.findings if each.confidence != "low"])


def mended(data: bytes, unsafe: bool = False, codes: Collection[str] = DEFAULT, files: Mapping[str, str] | None = None) -> Mended:
    """The Dockerfile after the mends of these rules."""
    return mend(data, lambda text: judge(text, codes, files), unsafe)


def codes_of(findings: Collection[Finding]) -> set[str]:
    return {finding.code for finding in findings}


def meaning(data: bytes, apart: Collection[str] = ()) -> list[dict[str, Any]]:
    """What each stage comes to, told alike for all spellings; less what mends of the rules `apart` are meant to change."""
    dockerfile = read(data, []).dockerfile
    return [_stage(dockerfile, stage, apart) for stage in dockerfile.stages]


def _stage(dockerfile: Dockerfile, stage: Stage, apart: Collection[str]) -> dict[str, Any]:
    told = {
        "name": stage.name,
        "image": stage.reference_text,
        "base": stage.base.index if stage.base else None,
        "platform": stage.platform,
        "role": stage.role,
        "user": stage.end.user,
        "workdir": stage.end.workdir,
        "shell": stage.end.shell,
        "variables": dict(stage.end.variables),
        "unknown": stage.end.unknown,
        "command": [_words(stage.last(keyword, inherited=False)) for keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK")],
        "ports": {word.value.rpartition(":")[2].lower() for each in stage.of("EXPOSE") for word in each.words},
        "volumes": [word.value for each in stage.of("VOLUME") for word in each.words],
        "signal": [signals.name(word.value) or word.value for each in stage.of("STOPSIGNAL") for word in each.words],
        "labels": _labels(stage),
        "triggers": [each.trigger.keyword.replace("ADD", "COPY") for each in stage.of("ONBUILD") if each.trigger],
        "copies": [_copy(each) for each in stage.of("COPY", "ADD")],
        "sources": [(each.keyword == "RUN", source.index if source else None) for each, source in stage.copies_from],
    }
    changed = {"WD605": "user", "WD144": "platform"}
    return {key: value for key, value in told.items() if key not in {changed.get(code) for code in apart}}


def _words(instruction: Instruction | None) -> Any:
    if instruction is None:
        return None
    return instruction.form, [word.value for word in instruction.words], [(flag.name, flag.value) for flag in instruction.flags]


def _labels(stage: Stage) -> dict[str, str]:
    labels = {str(each.expand(pair.key)): each.expand(pair.value) for each in stage.of("LABEL") for pair in each.pairs if pair.value}
    return {key: str(value) for key, value in labels.items() if key != "org.opencontainers.image.authors"}


def _copy(instruction: Instruction) -> Any:
    destination = instruction.destination
    flags = sorted((flag.name, flag.value) for flag in instruction.flags if flag.name not in ("chown", "chmod", "from"))
    target = destination.value.rstrip("/") if destination else None
    # A `..` does not lead out of the build context.
    sources = [word.value if "//" in word.value else normpath(f"/{word.value}") for word in instruction.sources]
    return sources, target, flags, [heredoc.body.value for heredoc in instruction.heredocs]
