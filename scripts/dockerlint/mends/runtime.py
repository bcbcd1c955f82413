"""Mends of what a container gets: variables and labels."""

from __future__ import annotations

from dockerlint.finding import Fix
from dockerlint.mends import Site, mend, safe, unsafe
from dockerlint.mends.edits import delete, replace
from dockerlint.parser import Pair


@mend("WD821")
def frontend_as_argument(site: Site) -> Fix | None:
    """ARG, which only the build sees; images built on this one have it no longer."""
    instruction = site.instruction
    if instruction is None or instruction.keyword != "ENV" or len(instruction.pairs) != 1 or instruction.pairs[0].legacy:
        return None
    keyword = "arg" if instruction.written.islower() else "ARG"
    return unsafe(f"Write {keyword}", replace(instruction.text, instruction.start, instruction.keyword_end, keyword))


@mend("WD833")
def label_duplicate(site: Site) -> Fix | None:
    """Without the earlier one."""
    instruction, pair = site.instruction, site.hit.where
    if instruction is None or not isinstance(pair, Pair) or pair.value is None:
        return None
    if len(instruction.pairs) == 1:
        gone = delete(instruction)
        return safe("Delete the earlier one", gone) if gone else None
    text, start, end = pair.key.text, pair.key.start, pair.value.end
    following = next((each.key for each in instruction.pairs if each.key.start > end), None)
    if following is not None and pair is instruction.pairs[0]:
        end = following.start
    else:
        while text.value[start - 1].isspace():
            start -= 1
    return safe("Delete the earlier one", replace(text, start, end, ""))
