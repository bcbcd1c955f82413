"""Mends of how a distribution's package manager is called, and of what it leaves behind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockerlint import caches
from dockerlint.finding import Edit, Fix
from dockerlint.knowledge import packages as table
from dockerlint.mends import Site, mend, safe, unsafe
from dockerlint.mends.edits import argument, behind, delete, delete_lines, on_one_line, replace, replace_word
from dockerlint.mends.runs import append, is_plain, is_root, is_step, joined_by_and, may_go_on, prepend
from dockerlint.packages import Call, read, refreshes
from dockerlint.parser import Instruction
from dockerlint.shell import Command

# The answer to "do you want to continue?", by manager; zypper takes it before its verb.
_YES = {"apt": "-y", "yum": "-y", "dnf": "-y", "zypper": "--non-interactive", "pacman": "--noconfirm"}


def call_at(site: Site) -> Call | None:
    """The call of a package manager that the finding points at."""
    return read(site.command) if site.command is not None else None


def calls_of(run: Instruction) -> Iterator[Call]:
    """The calls of package managers in an instruction."""
    return (call for call in map(read, run.commands) if call is not None)


@mend("WD311", "WD312", "WD313", "WD314", "WD346")
def assume_yes(site: Site) -> Fix | None:
    """The flag that answers the question, on which the build would stop."""
    call = call_at(site)
    if call is None:
        return None
    flag = _YES[call.manager.name]
    edit = argument(call.command, call.command.words[0] if call.manager is table.ZYPPER else call.where, flag)
    return safe(f"Add {flag}", edit) if edit else None


@mend("WD304")
def no_install_recommends(site: Site) -> Fix | None:
    """The flag; what was only recommended may be needed all the same."""
    call = call_at(site)
    if call is None or call.command.name == "aptitude":
        return None
    words = call.command.words
    after = call.where
    for word in words[words.index(after) + 1 :]:
        if not _BRIEF.fullmatch(word.raw):
            break
        after = word
    edit = argument(call.command, after, "--no-install-recommends")
    return unsafe("Add --no-install-recommends", edit) if edit else None


# Options of apt behind which one more stands well; none of them takes a value.
_BRIEF = re.compile(r"\"?(-[yqm]+|--yes|--assume-yes|--quiet)\"?")


_APT_GET_VERBS = frozenset("install update remove purge autoremove clean autoclean source build-dep satisfy reinstall".split())
_APT_CACHE_VERBS = frozenset("search show policy depends rdepends".split())


@mend("WD319")
def apt_get(site: Site) -> Fix | None:
    """apt-get or apt-cache in the whole RUN, with the verbs that mean the same there."""
    edits: list[Edit] = []
    for command in site.instruction.commands if site.instruction else ():
        if command.name != "apt":
            continue
        call = read(command)
        name = command.words[0]
        if call is None or name.raw not in ("apt", '"apt"') or (better := _better(call)) is None:
            return None
        edits.append(behind(name.text, name.start + name.raw.index("apt") + 3, better[0]))
        if better[1]:
            edits.append(replace_word(call.where, better[1]))
    return safe("Write apt-get", *edits) if edits else None


def _better(call: Call) -> tuple[str, str] | None:
    """What to hang on to `apt`, and what to write for its verb; None where nothing means just the same."""
    if call.verb in _APT_GET_VERBS:
        return "-get", ""
    if call.verb in _APT_CACHE_VERBS:
        return "-cache", ""
    if call.verb == "full-upgrade" and call.where.raw == "full-upgrade":
        return "-get", "dist-upgrade"
    if call.verb == "upgrade" and call.where.raw == "upgrade":
        return "-get", "upgrade --with-new-pkgs"
    return None


# Alpine releases whose apk does not know --no-cache, and those whose apk does not fetch an index by itself that it has not.
_WITHOUT_NO_CACHE = frozenset(("2.6", "2.7", "3.1", "3.2"))
_WITHOUT_FETCHING = frozenset(("", "3.3", "3.4", "3.5", "3.6", "3.7", "3.8"))
# What apk answers from the index that is there, without fetching one.
_LOOKS_UP = frozenset(("search", "policy", "list", "query", "fetch", "info", "version", "dot"))


@mend("WD320")
def apk_no_cache(site: Site) -> Fix | None:
    """--no-cache in every apk of the RUN, which makes an update before it needless."""
    run = site.instruction
    if run is None or run.stage.image.release in _WITHOUT_NO_CACHE or _index_is_read(run):
        return None
    edits: list[Edit | None] = []
    later = False
    for call in reversed([call for call in calls_of(run) if call.manager is table.APK]):
        if call.action in ("install", "upgrade"):
            later = True
            if not caches.uncached(call):
                edits.append(_no_cache(call))
        elif call.action == "update":
            if not later:
                return None
            edits.append(_without_step(call.command, run))
        elif call.action == "clean":
            return None
    if not edits or None in edits:
        return None
    return safe("Add --no-cache", *(edit for edit in reversed(edits) if edit))


def _no_cache(call: Call) -> Edit | None:
    """--no-cache, which fetches the index as well: in the place of --update."""
    update = next((word for word in call.command.words if word.raw in ("-U", "--update", "--update-cache")), None)
    return replace_word(update, "--no-cache") if update else argument(call.command, call.where, "--no-cache")


def _index_is_read(run: Instruction) -> bool:
    """Whether an apk works with the index that this RUN stores, and would not fetch one."""
    behind = tuple(later_runs(run))
    if run.stage.image.release in _WITHOUT_FETCHING and any(map(_wants_index, behind)):
        return True
    return any(call.manager is table.APK and call.verb in _LOOKS_UP for each in (run, *behind) for call in calls_of(each))


def _wants_index(run: Instruction) -> bool:
    """Whether an apk works with the index that an earlier RUN has stored."""
    for call in calls_of(run):
        if call.manager is table.APK:
            if call.action == "update" or call.command.has("-U", "--update", "--update-cache"):
                return False
            if call.action in ("install", "upgrade") and not caches.uncached(call):
                return True
    return False


def later_runs(run: Instruction) -> Iterator[Instruction]:
    """The RUN instructions behind one, in its stage and in those that are FROM it; those that an ONBUILD holds back, too."""
    for stage in run.stage.dockerfile.stages:
        if run.stage in stage.chain():
            for instruction in stage.instructions:
                later = instruction.trigger or instruction
                if later.keyword == "RUN" and (stage is not run.stage or later.line > run.line):
                    yield later


def _without_step(command: Command, run: Instruction) -> Edit | None:
    """Deletes a command and the `&&` behind it, from its place on the line to the next command's; None where it stands otherwise."""
    following = run.commands[command.index + 1] if command.index + 1 < len(run.commands) else None
    plain = is_plain(run) and is_step(command) and not command.redirects and not command.assignments
    if not plain or command.after != "&&" or command.before not in ("", "&&") or following is None or following.within or following.wrapper:
        return None
    return replace(run.text, command.start, following.start, "") if following.text is run.text else None


@mend("WD315")
def remove_apt_lists(site: Site) -> Fix | None:
    """The index is deleted at the end of the RUN, where no later one works with it."""
    call, run = call_at(site), site.instruction
    if call is None or run is None or not is_root(run) or call.command.wrapper is not None:
        return None
    edit, needed = append(run, table.APT.clean), needs_lists(run)
    if edit is None or needed:
        return None
    return (unsafe if needed is None else safe)("Delete the index at the end of the RUN", edit)


# Programs that never look into apt's lists, whatever they are told to do.
_UNCONCERNED = frozenset(
    (
        "true false : set echo printf export unset cat tee sed awk grep rm rmdir mkdir cp mv ln chmod chown chgrp touch test [ [[ sleep"
        " date cd pushd popd pwd ls find xargs head tail cut sort uniq tr wc env which command hash type id whoami umask sync stat du df"
        " tar gzip gunzip unzip zip xz bzip2 zstd base64 sha256sum sha512sum sha1sum md5sum gpg openssl curl wget git svn hg rsync ssh"
        " ssh-keygen ssh-keyscan useradd groupadd usermod groupmod userdel adduser addgroup deluser delgroup passwd chpasswd"
        " dpkg-reconfigure locale-gen localedef update-ca-certificates update-locale update-alternatives ldconfig ldd strip install mktemp"
        " readlink realpath basename dirname pip pip3 python python3 npm npx node yarn pnpm corepack gem bundle ruby go cargo rustup rustc"
        " mvn gradle java javac composer php perl cpan cpanm lein sbt dotnet uv poetry pipenv conda mamba gcc g++ cc c++ cmake ninja meson"
        " nginx a2enmod a2dismod a2ensite a2dissite docker-php-ext-install docker-php-ext-configure docker-php-ext-enable pecl pear setcap"
        " getcap crontab nproc uname arch apt-key apt-mark apt-config dpkg add-apt-repository debconf-set-selections"
    ).split()
) | {""}
# What make is told to do that installs no packages of a distribution.
_TARGETS = frozenset("all build check clean distclean install test".split())


def needs_lists(run: Instruction) -> bool | None:
    """Whether a later RUN works with the index that this one fetches, in its stage or in one that is FROM it; None where it may."""
    answers = [_reads_lists(later) for later in later_runs(run)]
    return True if True in answers else None if None in answers else False


def _reads_lists(run: Instruction) -> bool | None:
    if not run.commands:
        return None
    present = maybe = False
    for command in run.commands:
        call = read(command)
        if call is not None and call.manager is table.APT:
            if refreshes(call):
                present = True
            elif call.action not in ("clean", "remove", "update") and not present:
                return True
        elif command.name.startswith(("apt-cache", "apt-file", "rosdep")) and not present:
            return True
        elif not present and not _is_unconcerned(command):
            maybe = True
    return None if maybe else False


def _is_unconcerned(command: Command) -> bool:
    """Whether the command certainly has nothing to do with apt's lists."""
    if command.name in ("python", "python3", "php", "perl", "ruby", "node", "java", "npx"):
        return not any("/" in word.value or word.value.endswith((".py", ".sh", ".pl", ".js")) for word in command.arguments[:1])
    run = command.instruction
    if command.name in ("sh", "bash", "dash") and run is not None and any(other.wrapper is command for other in run.commands):
        return True  # its script is read, too
    if command.name in ("make", "ninja"):
        return all("=" in word.value or word.value in _TARGETS for word in command.operands(("-C", "-f", "-j")))
    if command.name in ("sudo", "exec", "time", "nice", "env", "eval") and command.wrapped is not None:
        return True
    first = command.words[0].value if command.words else ""
    return command.name == "configure" or (
        command.name in _UNCONCERNED and (not first.startswith(".") or first == ".") and "$" not in first
    )


@mend("WD316")
def update_with_install(site: Site) -> Fix | None:
    """The update as the first step of the RUN behind it, where that installs; none where apk fetches the index there itself."""
    call, run = call_at(site), site.instruction
    if call is None or run is None or not may_go_on(run) or [each for each in run.commands if each.name] != [call.command]:
        return None
    if site.hit.help.startswith("leave it out"):
        gone = delete(run)
        return None if gone is None or _index_is_read(run) else safe("Leave it out", gone)
    instructions = run.stage.instructions
    position = instructions.index(run) + 1 if run in instructions else len(instructions)
    following = instructions[position] if position < len(instructions) else None
    if following is None or following.keyword != "RUN" or run.flags or following.flags or run.state.shell != following.state.shell:
        return None
    if call.command.wrapper is not None or not is_plain(following) or not _begins_with_install(following, call):
        return None
    gone, moved = delete(run), prepend(following, run.value)
    if gone is None or moved is None or not on_one_line(run.text, run.start, len(run.text.value.rstrip())):
        return None
    between = site.dockerfile.source.lines[run.end_line : following.line - 1]
    if not any(line.strip() for line in between):
        gone = delete_lines(run.line, following.line - 1)
    return safe("Put it before the install, in the same RUN", gone, moved)


def _begins_with_install(run: Instruction, update: Call) -> bool:
    """Whether all steps depend on each other, and packages are installed before the index is fetched anew."""
    if not joined_by_and(run):
        return False
    first = next((call for call in calls_of(run) if call.manager is update.manager and call.action in ("install", "update")), None)
    return first is not None and first.action == "install" and not refreshes(first)


@mend("WD322", "WD323", "WD324", "WD325")
def clean_all(site: Site) -> Fix | None:
    """The manager's own clean-up at the end of the RUN; each later call fetches its metadata anew."""
    call, run = call_at(site), site.instruction
    if call is None or run is None or not is_root(run) or not is_step(call.command) or _uses_cache_only(run):
        return None
    if all(each.action == "update" for each in calls_of(run)):
        return None  # what it fetches is for a later RUN
    name = call.command.words[0].value
    step = f"{name} clean --all" if call.manager is table.ZYPPER else f"{name} clean all"
    edit = append(run, step) if _stays(run, call) else None
    return safe(f"End the RUN with {step}", edit) if edit else None


def _uses_cache_only(run: Instruction) -> bool:
    return any(
        command.has("-C", "--cacheonly", "--no-refresh")
        for stage in run.stage.dockerfile.stages
        for command in stage.calls("yum", "dnf", "microdnf", "zypper")
    )


def _stays(run: Instruction, call: Call) -> bool:
    """Whether the manager itself is still there at the end of the RUN, and the folder that it would be called in."""
    for command in run.commands[call.command.index + 1 :]:
        other = read(command)
        if command.name in ("rpm", "chroot") or (other is not None and other.action == "remove"):
            return False
        if command.name == "rm" and any(path.startswith(("/usr", "/bin", "/opt")) for _, path in caches.removed(command)):
            return False
    return True
