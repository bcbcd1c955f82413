"""Mends of images for another kind of machine."""

from __future__ import annotations

from dockerlint.finding import Fix
from dockerlint.mends import Site, mend, unsafe
from dockerlint.mends.edits import on_one_line, replace, without_flag
from dockerlint.text import Word


@mend("WD217")
def base_as_wanted(site: Site) -> Fix | None:
    """Without the flag, where the base is the final stage's alone; what runs in it may then be emulated."""
    edit = without_flag(site.instruction, "platform") if site.hit.help == "leave --platform out" else None
    return unsafe("Leave --platform out", edit) if edit else None


@mend("WD219")
def platform_from_buildkit(site: Site) -> Fix | None:
    """Without the default; a builder that is not BuildKit may leave it empty then."""
    value = site.hit.where
    if not isinstance(value, Word):
        return None
    start = value.text.value.rindex("=", 0, value.start)
    return unsafe("Leave the default out", replace(value.text, start, value.end, "")) if on_one_line(value.text, start, value.end) else None
