"""Facts of a Dockerfile, through the validator's model: what an answer says, however it is written.

A fact is a function of the Dockerfile that the model has evaluated; its docstring is its manual. "The image" means the final stage and
the stages that it is FROM, "the build" all stages that the target needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from dockerlint.knowledge.images import ImageFacts
    from dockerlint.model import Dockerfile, Stage
    from dockerlint.parser import Instruction, Mount

Value = str | int | bool | list[str]
Finder = Callable[["Dockerfile"], "str | int | bool | Iterable[str]"]
F = TypeVar("F", bound=Finder)


class Fact(NamedTuple):
    """What can be asked of a Dockerfile; `kind` is "text", "number", "flag" or "list"."""

    kind: str
    manual: str
    find: Finder

    def of(self, dockerfile: Dockerfile) -> Value:
        """The value; a list has each element once."""
        found = self.find(dockerfile)
        return list(dict.fromkeys(found)) if self.kind == "list" and not isinstance(found, str | int) else found  # type: ignore[return-value]


FACTS: dict[str, Fact] = {}


def _fact(kind: str) -> Callable[[F], F]:
    def register(find: F) -> F:
        FACTS[find.__name__.rstrip("_")] = Fact(kind, find.__doc__ or "", find)
        return find

    return register


def _image(dockerfile: Dockerfile) -> list[Stage]:
    return dockerfile.target.chain() if dockerfile.target else []


def _build(dockerfile: Dockerfile) -> list[Stage]:
    return [stage for stage in dockerfile.stages if stage.reaches_target]


def _known(dockerfile: Dockerfile) -> ImageFacts:
    from dockerlint.knowledge.images import UNKNOWN

    return dockerfile.target.image if dockerfile.target else UNKNOWN


def _last(dockerfile: Dockerfile, *keywords: str) -> Instruction | None:
    found = (dockerfile.target.last(keyword) for keyword in keywords) if dockerfile.target else iter(())
    return next((instruction for instruction in found if instruction), None)


def _mounts(dockerfile: Dockerfile, kind: str) -> Iterator[Mount]:
    for stage in _build(dockerfile):
        for run in stage.of("RUN"):
            yield from (mount for mount in run.mounts if mount.type == kind)


def secrets_of(dockerfile: Dockerfile) -> dict[str, str]:
    """Ids of the build's secret mounts, with the paths at which the build finds them."""
    return {_secret_id(mount): mount.target for mount in _mounts(dockerfile, "secret")}


def _secret_id(mount: Mount) -> str:
    return mount.id or mount.target.rpartition("/")[2]


# Stages and bases --------------------------------------------------------------------------------------------------------------------


@_fact("number")
def stages(dockerfile: Dockerfile) -> int:
    """How many stages the build needs."""
    return len(_build(dockerfile))


@_fact("text")
def base(dockerfile: Dockerfile) -> str:
    """The reference of the image's base, variables replaced; `scratch` where it starts from nothing."""
    return dockerfile.target.root.reference_text if dockerfile.target else ""


@_fact("text")
def base_name(dockerfile: Dockerfile) -> str:
    """The base's name without tag and digest, as people say it: `python`, `distroless/static-debian13`."""
    reference = dockerfile.target.reference if dockerfile.target else None
    return reference.name if reference else base(dockerfile)


@_fact("text")
def base_tag(dockerfile: Dockerfile) -> str:
    """The base's tag."""
    reference = dockerfile.target.reference if dockerfile.target else None
    return reference.tag if reference else ""


@_fact("flag")
def base_pinned(dockerfile: Dockerfile) -> bool:
    """Whether the base is pinned by a digest."""
    reference = dockerfile.target.reference if dockerfile.target else None
    return bool(reference and reference.digest)


@_fact("text")
def base_family(dockerfile: Dockerfile) -> str:
    """The base's distribution: `debian`, `ubuntu`, `alpine`, `distroless`, `scratch` and so on; nothing where it is not known."""
    return _known(dockerfile).family


@_fact("text")
def base_release(dockerfile: Dockerfile) -> str:
    """The distribution's release: `trixie`, `3.24`, `24.04`."""
    return _known(dockerfile).release


@_fact("text")
def base_language(dockerfile: Dockerfile) -> str:
    """The base's language and its version, as far as it matters: `python 3.14`, `node 24`."""
    known = _known(dockerfile)
    return f"{known.language} {known.version}".strip()


@_fact("flag")
def base_has_shell(dockerfile: Dockerfile) -> bool:
    """Whether the base has, or may have, a shell."""
    return _known(dockerfile).shell != "none"


@_fact("list")
def outdated(dockerfile: Dockerfile) -> Iterator[str]:
    """Base images of the build that have reached their end of life, or of which no builds are published any more."""
    for stage in _build(dockerfile):
        known = stage.image
        if known.unpublished or (known.end_of_life and known.end_of_life < dockerfile.options.today):
            yield stage.root.reference_text


@_fact("list")
def bases(dockerfile: Dockerfile) -> Iterator[str]:
    """The references of all base images of the build."""
    return (stage.reference_text for stage in _build(dockerfile) if stage.base is None)


@_fact("list")
def platforms(dockerfile: Dockerfile) -> Iterator[str]:
    """What `FROM --platform` says, as it is written: `$BUILDPLATFORM`."""
    return (text for stage in _build(dockerfile) if (text := stage.instruction.flag_value("platform")))


@_fact("text")
def syntax(dockerfile: Dockerfile) -> str:
    """What the `# syntax=` directive names; a comment that only looks like one does not count."""
    directive = dockerfile.source.directives.get("syntax")
    return directive.value if directive else ""


# The image's configuration -----------------------------------------------------------------------------------------------------------


@_fact("text")
def user(dockerfile: Dockerfile) -> str:
    """The image's user and group as USER, or else the base, has them; `root` where nothing changes it, nothing where it is not known."""
    found = dockerfile.target.user if dockerfile.target else None
    return "" if found is None else found or "root"


@_fact("text")
def workdir(dockerfile: Dockerfile) -> str:
    """The image's working directory; nothing where the Dockerfile sets none."""
    return (dockerfile.target.end.workdir if dockerfile.target else None) or ""


@_fact("text")
def command(dockerfile: Dockerfile) -> str:
    """What starts: ENTRYPOINT, or else CMD; the words of an exec form are joined by blanks."""
    found = _last(dockerfile, "ENTRYPOINT", "CMD")
    return _text(found) if found else ""


@_fact("text")
def command_form(dockerfile: Dockerfile) -> str:
    """`exec` or `shell`, of ENTRYPOINT, or else CMD."""
    found = _last(dockerfile, "ENTRYPOINT", "CMD")
    return found.form if found else ""


@_fact("list")
def ports(dockerfile: Dockerfile) -> Iterator[str]:
    """Ports of EXPOSE, without the protocol."""
    for stage in _image(dockerfile):
        for expose in stage.of("EXPOSE"):
            for word in expose.words:
                yield (expose.expand(word) or word.value).partition("/")[0]


@_fact("text")
def healthcheck(dockerfile: Dockerfile) -> str:
    """The command of the HEALTHCHECK, told as `command` is; nothing where there is none, or NONE."""
    found = _last(dockerfile, "HEALTHCHECK")
    kind, _, rest = _text(found).partition(" ") if found else ("", "", "")
    return rest.lstrip() if kind.upper() == "CMD" else ""


@_fact("text")
def stop_signal(dockerfile: Dockerfile) -> str:
    """The STOPSIGNAL."""
    found = _last(dockerfile, "STOPSIGNAL")
    return found.value if found else ""


@_fact("list")
def env(dockerfile: Dockerfile) -> Iterator[str]:
    """NAME=VALUE of the image's environment, variables replaced where they are known."""
    return (setting for stage in _image(dockerfile) for setting in _pairs(stage, "ENV"))


@_fact("list")
def labels(dockerfile: Dockerfile) -> Iterator[str]:
    """NAME=VALUE of the image's labels."""
    return (setting for stage in _image(dockerfile) for setting in _pairs(stage, "LABEL"))


# The build ---------------------------------------------------------------------------------------------------------------------------


@_fact("list")
def settings(dockerfile: Dockerfile) -> Iterator[str]:
    """NAME=VALUE of everything that the build's commands see: ENV, ARG with a value, `export` and what stands before a command."""
    for stage in _build(dockerfile):
        yield from _pairs(stage, "ENV", "ARG")
        for each in stage.commands:
            yield from (word.value for word in each.assignments)
            if each.name in ("export", "env"):
                yield from (word.value for word in each.arguments if "=" in word.value)


@_fact("list")
def args(dockerfile: Dockerfile) -> Iterator[str]:
    """Names of the build's ARGs."""
    return (pair.key.value for stage in _build(dockerfile) for each in stage.of("ARG") for pair in each.pairs)


@_fact("list")
def commands(dockerfile: Dockerfile) -> Iterator[str]:
    """Every command of the build's RUN instructions, its words joined by blanks, quotes removed."""
    return (" ".join(word.value for word in each.words) for stage in _build(dockerfile) for each in stage.commands)


@_fact("list")
def image_commands(dockerfile: Dockerfile) -> Iterator[str]:
    """The same, of the RUN instructions whose layers are in the image."""
    return (" ".join(word.value for word in each.words) for stage in _image(dockerfile) for each in stage.commands)


@_fact("list")
def system_packages(dockerfile: Dockerfile) -> Iterator[str]:
    """Names of the packages that a distribution's package manager puts into the image."""
    return _packages(_image(dockerfile), system=True)


@_fact("list")
def packages(dockerfile: Dockerfile) -> Iterator[str]:
    """Names of all packages that commands of the build name: of distributions, pip, npm and so on."""
    return _packages(_build(dockerfile), system=None)


@_fact("list")
def copies_from(dockerfile: Dockerfile) -> Iterator[str]:
    """Names of the stages (a number where one has none) and images that the image copies from."""
    for stage in _image(dockerfile):
        for instruction, source in stage.copies_from:
            if instruction.keyword in ("COPY", "ADD"):
                yield (source.name or str(source.index)) if source else instruction.from_


@_fact("list")
def copied(dockerfile: Dockerfile) -> Iterator[str]:
    """What COPY and ADD put into the image: every source as it is written, ` -> ` and its destination."""
    for stage in _image(dockerfile):
        for copy in stage.of("COPY", "ADD"):
            target = copy.destination
            yield from (f"{source.value} -> {target.value}" for source in copy.sources if target)


@_fact("list")
def cache_mounts(dockerfile: Dockerfile) -> Iterator[str]:
    """Targets of the build's cache mounts."""
    return (mount.target for mount in _mounts(dockerfile, "cache"))


@_fact("list")
def bind_mounts(dockerfile: Dockerfile) -> Iterator[str]:
    """Targets of the build's bind mounts."""
    return (mount.target for mount in _mounts(dockerfile, "bind"))


@_fact("list")
def secret_mounts(dockerfile: Dockerfile) -> Iterator[str]:
    """Ids of the build's secret mounts."""
    return iter(secrets_of(dockerfile))


@_fact("list")
def optional_secrets(dockerfile: Dockerfile) -> Iterator[str]:
    """Ids of secret mounts without `required=true`: forgotten at the build, they are an empty text."""
    return (_secret_id(mount) for mount in _mounts(dockerfile, "secret") if not mount.required)


@_fact("number")
def ssh_mounts(dockerfile: Dockerfile) -> int:
    """How many SSH mounts the build has."""
    return sum(1 for _ in _mounts(dockerfile, "ssh"))


def _text(instruction: Instruction) -> str:
    return " ".join(word.value for word in instruction.words) if instruction.form == "exec" else instruction.value


def _pairs(stage: Stage, *keywords: str) -> Iterator[str]:
    for instruction in stage.of(*keywords):
        for pair in instruction.pairs:
            if pair.value is not None:
                value = instruction.expand(pair.value)
                yield f"{pair.key.value}={pair.value.value if value is None else value}"


def _packages(stages: list[Stage], system: bool | None) -> Iterator[str]:
    from dockerlint.packages import calls, name_of, named

    for stage in stages:
        for call in calls(stage):
            if call.action == "install" and (system is None or call.manager.system == system):
                yield from (name_of(call.manager, package) for _, package in named(call))
