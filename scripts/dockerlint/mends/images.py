"""Mends of base images."""

from __future__ import annotations

import re

from dockerlint.finding import Fix
from dockerlint.knowledge.images import MAINTAINED
from dockerlint.mends import Site, mend, unsafe
from dockerlint.mends.edits import replace_word
from dockerlint.references import parse
from dockerlint.text import Word

# Images that carry a language or a distribution and no data, by the name of what they carry.
_NAMES = {"python": "Python", "node": "Node.js", "golang": "Go", "ruby": "Ruby", "php": "PHP", "debian": "Debian", "alpine": "Alpine"}
_TAG = re.compile(r"(\d+(?:\.\d+){0,2}|[a-z]+)((?:-(?:slim|alpine|cli|fpm|apache))*)$")


@mend("WD225")
def end_of_life(site: Site) -> Fix | None:
    """The same image in its newest maintained version; a tag that also names a release of the distribution has no sure counterpart."""
    word = site.hit.where
    if not isinstance(word, Word) or not word.literal:
        return None
    reference = parse(word.value)
    if reference is None or reference.digest or reference.registry != "docker.io" or not reference.repository.startswith("library/"):
        return None
    match = _TAG.match(reference.tag)
    carried = _NAMES.get(reference.name)
    if match is None or carried is None or not site.hit.help.startswith(f"go to {carried} ") or "; line " in site.hit.help:
        return None
    if carried == "Python" and match[1].startswith("2"):
        return None  # no program for Python 2 runs with 3
    version, _, codename = MAINTAINED[carried].partition(" ")
    if match[1].isalpha():
        if reference.name != "debian":
            return None
        version = codename.strip("()")
    tag = version + match[2]
    same = [stage.instruction.words[0] for stage in site.dockerfile.stages if stage.instruction.words[0].raw == word.raw]
    written = word.value.removesuffix(reference.tag) + tag
    return unsafe(f"Go to {reference.name}:{tag}", *(replace_word(each, written) for each in same))
