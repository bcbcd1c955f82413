"""Mends of shell code."""

from __future__ import annotations

import re

from dockerlint.files import absolute, next_in_workdir
from dockerlint.finding import Edit, Fix
from dockerlint.mends import Site, mend, safe, unsafe
from dockerlint.mends.edits import argument, before, behind, delete, replace
from dockerlint.mends.runs import is_plain, prepend
from dockerlint.shell import Command
from dockerlint.text import Word

# Distributions whose wget is GNU's.
_GNU_WGET = frozenset({"debian", "ubuntu"})


@mend("WD401")
def pipefail(site: Site) -> Fix | None:
    """The option, where the shell has it; a failure that has not mattered so far then ends the build."""
    run = site.instruction
    if run is None or site.hit.help != "begin it with: set -o pipefail &&":
        return None
    first = run.commands[0]
    if first.name == "set" and len(first.words) == 2 and re.fullmatch(r"-[aeux]+", first.words[1].raw) and not first.within:
        return unsafe("Set pipefail, too", behind(first.text, first.words[1].end, "o pipefail"))
    edit = prepend(run, "set -o pipefail")
    return unsafe("Begin with set -o pipefail", edit) if edit else None


@mend("WD402")
def workdir_instead_of_cd(site: Site) -> Fix | None:
    """WORKDIR, where the next WORKDIR comes before anything that the folder matters to; or nothing at all, where RUN is there already."""
    run, command = site.instruction, site.command
    if run is None or command is None or not is_plain(run) or run not in run.stage.instructions or len(run.commands) < 2:
        return None
    folder = absolute(command.arguments[0].value, None) if command.arguments and command.arguments[0].literal else None
    if folder is None or command.arguments[0].quoted or command.after not in ("&&", ";") or run.commands[1].text is not run.text:
        return None
    gone = replace(run.text, command.start, run.commands[1].start, "")
    if run.state.workdir == folder:
        return safe("Leave cd out", gone)
    if command.after == ";":
        return None  # where the folder is missing the rest runs elsewhere
    following = next_in_workdir(run)
    if following is None or following.keyword != "WORKDIR" or not following.words[0].value.startswith("/"):
        return None
    keyword = "workdir" if run.written.islower() else "WORKDIR"
    edits = [Edit(run.line, 1, run.line, 1, f"{keyword} {folder}\n"), gone]
    if following.words[0].value == folder and (repeated := delete(following)):
        edits.append(repeated)
    return safe(f"Write WORKDIR {folder}", *edits)


@mend("WD407")
def wget_progress(site: Site) -> Fix | None:
    """A dot for each megabyte, for GNU's wget, which every Debian and Ubuntu has; that of BusyBox knows no such option."""
    command, run = site.command, site.instruction
    if command is None or run is None:
        return None
    stage = run.stage
    family = "" if stage.image_varies else stage.image.family
    certain = family in _GNU_WGET or (not family and any(call.name == "apt-get" for each in stage.chain() for call in each.commands))
    edit = argument(command, command.words[0], "--progress=dot:giga") if certain else None
    return safe("Add --progress=dot:giga", edit) if edit else None


@mend("WD408")
def curl_fail(site: Site) -> Fix | None:
    """-f; a download that has failed so far without a word then ends the build."""
    edit = _option(site.command, "f", "-q?") if site.command is not None else None
    return unsafe("Add -f", edit) if edit else None


@mend("WD409")
def curl_location(site: Site) -> Fix | None:
    """-L."""
    edit = _option(site.command, "L", "-q?[fsS]*") if site.command is not None else None
    return unsafe("Add -L", edit) if edit else None


def _option(command: Command, letter: str, behind_what: str) -> Edit | None:
    """One more option of curl: among the letters of the first, behind some of them, where it has letters.

    `-q` and `--disable` keep curl from reading its .curlrc only where they stand first.
    """
    first = command.words[1] if len(command.words) > 1 else None
    place = re.match(behind_what, first.raw) if first is not None else None
    if first is not None and place is not None and re.fullmatch(r"-[A-Za-z]+", first.raw):
        return before(first.text, first.start + place.end(), letter)
    last = first if first is not None and first.value == "--disable" else command.words[0]
    return argument(command, last, f"-{letter}")


@mend("WD417")
def heredoc_errexit(site: Site) -> Fix | None:
    """`set -e` as the first line; what has failed so far without a word then ends the build."""
    run = site.instruction
    if run is None or len(run.heredocs) != 1 or run.heredocs[0].body.value.startswith("#!") or site.hit.help:
        return None
    line = run.heredocs[0].line
    return unsafe("Begin with set -e", Edit(line, 1, line, 1, "set -e\n"))


@mend("WD423")
def and_before(site: Site) -> Fix | None:
    """The && that is missing; what was never run is run then."""
    word = site.hit.where
    return unsafe("Put && before it", before(word.text, word.start, "&& ")) if isinstance(word, Word) else None
