"""What the project builds, as its compose and bake files tell: of which files and contexts, images, stages and arguments.

Both are read line by line and by patterns, not as YAML or HCL: what is looked for stands on lines of its own in either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dockerlint.context import Context

_COMPOSE = ("compose*.yaml", "compose*.yml", "docker-compose*.yaml", "docker-compose*.yml")
PROJECT_FILES = (*_COMPOSE, "docker-bake*.hcl")
"""Those that say what is built of which folder."""
_DEVCONTAINER = ("devcontainer.json", ".devcontainer.json")
_APP = ("build.yaml", "build.yml", "build.json")
_USES_DOCKER = re.compile(r"""^\s+using:\s*["']?docker\b""", re.MULTILINE | re.IGNORECASE)
_BAKE = ("docker-bake*.hcl", "docker-bake*.json")

# `target: release` in a compose file, `target = "release"` or `"target": "release"` in a bake file.
_TARGET = re.compile(r"""\btarget["']?\s*[:=]\s*["']?([\w.-]+)""")
_TAGS = re.compile(r"""\btags["']?\s*[:=]\s*\[(.*?)\]""", re.DOTALL)
_QUOTED = re.compile(r"""["']([^"'$]+)["']""")
# `contexts = { base = "…", (VARIABLE) = "…" }` or `"contexts": {"base": "…"}` in a bake file; `- base=…` or `base: …` in a compose file.
_CONTEXTS = re.compile(r"""\bcontexts["']?\s*[:=][^{}]*\{(.*?)\}""", re.DOTALL)
_NAMED = re.compile(r"""(?:^|[\s,{])["']?([\w./:-]+?)["']?\s*[:=]\s*["'\w]""")
_NAMED_BY = re.compile(r"\((\w+)\)\s*=")
_DEFAULTS = re.compile(r"""\bvariable\s+"(\w+)"\s*\{[^{}]*?\bdefault\s*=\s*"([^"]*)\"""")
_ADDED = re.compile(r"""\s*(?:-\s*)?["']?([\w./-]+)["']?\s*[:=]""")
_TARGET_BLOCK = re.compile(r"""^target\s+"[^"]+"\s*\{(.*?)^\}""", re.DOTALL | re.MULTILINE)
_ASSIGNED = re.compile(r"""^\s*(context|dockerfile)\s*=\s*"([^"]*)\"""", re.MULTILINE)
_KEY = re.compile(r"""(\s*)([\w.-]+):(?:\s+["']?([^\s"'#]*))?""")


def targets(context: Context) -> frozenset[str]:
    """The names of stages, in small letters, that a compose or bake file builds."""
    return frozenset(name.lower() for text in context.project_files(*_COMPOSE, *_BAKE) for name in _TARGET.findall(text))


def images(context: Context) -> frozenset[str]:
    """The names of images that a compose or bake file makes, without the tag `latest`."""
    made = [name for text in context.project_files(*_COMPOSE) for name in _built(text)]
    made += [name for text in context.project_files(*_BAKE) for tags in _TAGS.findall(text) for name in _QUOTED.findall(tags)]
    return frozenset(name.removesuffix(":latest") for name in made)


def contexts(context: Context) -> frozenset[str]:
    """The names that a compose or bake file gives to further contexts, which win over images of those names."""
    named = [name for text in context.project_files(*_COMPOSE) for name in _additional(text)]
    for text in context.project_files(*_BAKE):
        defaults = dict(_DEFAULTS.findall(text))
        for block in _CONTEXTS.findall(text):
            named += _NAMED.findall(block)
            named += [defaults.get(variable, "") for variable in _NAMED_BY.findall(block)]
    return frozenset(named)


def _additional(compose: str) -> Iterator[str]:
    depth = -1
    for line in compose.splitlines():
        indent = len(line) - len(line.lstrip())
        if line.strip() == "additional_contexts:":
            depth = indent
        elif depth >= 0 and indent <= depth and not line.lstrip().startswith("- ") and line.strip():
            depth = -1
        elif depth >= 0 and (named := _ADDED.match(line)):
            yield named[1]


def is_action(context: Context) -> bool:
    """Whether an action of GitHub's is made of the Dockerfile: it writes to a folder of root's."""
    return any(_USES_DOCKER.search(text) for text in context.project_files("action.yml", "action.yaml"))


def gives(context: Context, argument: str) -> bool:
    """Whether a file of the project has a key or a variable of this name, as its `args` are.

    Read are compose and bake files, that of a development container, and that of a Home Assistant app, whose `build_from` is BUILD_FROM.
    """
    names = f"{re.escape(argument)}|build_from" if argument == "BUILD_FROM" else re.escape(argument)
    key = re.compile(rf"(?:^|[\s{{,])[\"']?(?:{names})[\"']?\s*(?:[:=]|$)", re.MULTILINE)
    return any(key.search(text) for text in context.project_files(*_COMPOSE, *_BAKE, *_DEVCONTAINER, *_APP))


def builds(name: str, text: str) -> Iterator[tuple[str, str]]:
    """The builds in a file of this name: each its context, seen from the file's folder, and its Dockerfile, seen from the context."""
    for settings in _bake_targets(text) if name.endswith(".hcl") else _builds_of_services(text):
        context, dockerfile = settings.get("context") or ".", settings.get("dockerfile") or "Dockerfile"
        if "$" not in context + dockerfile and "://" not in context:
            yield context, dockerfile


def _bake_targets(text: str) -> Iterator[dict[str, str]]:
    for block in _TARGET_BLOCK.findall(text):
        settings = dict(_ASSIGNED.findall(block))
        if "dockerfile" in settings or "inherits" not in block:
            yield settings


def _builds_of_services(compose: str) -> Iterator[dict[str, str]]:
    depth, settings = -1, dict[str, str]()
    for line in (*compose.splitlines(), "end:"):
        key = _KEY.match(line)
        if key is None:
            continue
        indent, value = len(key[1]), key[3] or ""
        if 0 <= depth < indent:
            settings.setdefault(key[2], value)
            continue
        if depth >= 0:
            yield settings
        depth = indent if key[2] == "build" and value[:1] in ("", "&") else -1
        settings = {}
        if key[2] == "build" and value[:1] not in ("", "&", "{", "*"):
            yield {"context": value}


def _built(compose: str) -> Iterator[str]:
    """The `image` of each service that has a `build`, too."""
    open_blocks: dict[int, dict[str, str]] = {}  # the keys so far of each block that a line stands in, by its indentation
    for line in (*compose.splitlines(), "end:"):
        key = _KEY.match(line)
        if key is None:
            continue
        indent = len(key[1])
        for deeper in [depth for depth in open_blocks if depth > indent]:
            block = open_blocks.pop(deeper)
            if "build" in block and block.get("image"):
                yield block["image"]
        open_blocks.setdefault(indent, {})[key[2]] = key[3] or ""
