"""WD6xx: who runs the container, whose the files are, and who may write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from posixpath import basename
from typing import NamedTuple

from dockerlint import packages
from dockerlint.context import has_wildcards
from dockerlint.files import (
    Placed,
    absolute,
    destination_of,
    directory_of,
    is_folder,
    is_within,
    known_folder,
    placed_before,
    reaches_image,
    workdir_of,
)
from dockerlint.knowledge.packages import APK
from dockerlint.knowledge.privileges import (
    DROPPER_MARKS,
    DROPPER_PACKAGES,
    DROPPERS,
    FOR_DEVELOPMENT,
    INTERPRETERS,
    SERVICES,
    SHELLS,
    START_AS_ROOT,
    SYSTEM_UIDS,
    SYSTEM_USERS,
)
from dockerlint.model import ROOT_USERS, Stage
from dockerlint.parser import Instruction
from dockerlint.project import is_action
from dockerlint.rules import Hit, rule
from dockerlint.shell import Command
from dockerlint.text import Word

# Who runs ---------------------------------------------------------------------------------------------------------------------------

NO_USER = (
    "DS-0002",
    "CKV_DOCKER_3",
    "kics:missing_user_instruction",
    "semgrep:missing-user",
    "semgrep:missing-user-entrypoint",
    "DF020",
    "CIS-DI-0001",
)


def _is_root(user: str | None) -> bool | None:
    """Whether a user, as USER has it, is root; None where that is not known."""
    if user is None or "$" in user:
        return None
    return user.partition(":")[0] in ROOT_USERS


def _start_commands(stage: Stage) -> list[Command]:
    """The commands that ENTRYPOINT and CMD start, those that they wrap included."""
    entrypoint, command = stage.last("ENTRYPOINT"), stage.last("CMD")
    return [*(entrypoint.commands if entrypoint else ()), *(command.commands if command else ())]


def _drops_root(stage: Stage) -> bool:
    """Whether the container begins as root on purpose: its programs, or its entrypoint script, run the work as somebody else."""
    for instruction in (stage.last("ENTRYPOINT"), stage.last("CMD")):
        if instruction is None:
            continue
        for command in instruction.commands:
            if command.name in DROPPERS or command.name in START_AS_ROOT or any(word.value in _CHANGES_USER for word in command.arguments):
                return True
        if any(_script_drops(stage, word.value) for word in instruction.words):
            return True
    return any(_is_dropper(word.value) for each in stage.chain() for command in each.commands for word in command.arguments)


# Arguments by which a daemon is told who to run as, and init systems as arguments of something else.
_CHANGES_USER = frozenset(("/init", "/sbin/init", "-user", "--user", "--uid", "--chuid"))


def _is_dropper(word: str) -> bool:
    """Whether an argument of a RUN is a package or an address that brings a program which drops root's rights."""
    return "gosu" in word or "s6-overlay" in word or packages.name_of(APK, word) in DROPPER_PACKAGES


def _script_drops(stage: Stage, word: str) -> bool:
    """Whether a word of ENTRYPOINT or CMD names a script, of the context or a heredoc, that drops root's rights."""
    name = basename(word)
    for each in stage.chain():
        for copy in each.of("COPY", "ADD"):
            target = basename(copy.destination.value) if copy.destination else ""
            if any(name in (heredoc.name, target) and _text_drops(heredoc.body.value) for heredoc in copy.heredocs):
                return True
            for source in copy.sources if not copy.from_ else ():
                value, context = copy.expand(source) or "", each.dockerfile.context
                paths = [value if name in (basename(value), target) else f"{value}/{name}"]
                if has_wildcards(value):
                    paths = [path for path in context.matches(value) or () if basename(path) == name]
                if any(_text_drops(context.read(path) or "") for path in paths):
                    return True
    return False


def _text_drops(script: str) -> bool:
    return any(mark in script for mark in DROPPER_MARKS)


@lru_cache(maxsize=16)
def _concern(stage: Stage) -> str:
    """How bad it is that this stage, the final one, runs as root: "warning", "info", or "" where that is right or not known."""
    if stage.image.family == "windows" or stage.platform.startswith("windows"):
        return ""
    entrypoint, command = stage.last("ENTRYPOINT"), stage.last("CMD")
    nothing_to_run = entrypoint is None and command is None
    if nothing_to_run and stage.root.reference_text == "scratch":
        return ""  # files for `--output` or for COPY --from
    if stage.reference and f"{stage.reference.registry}/{stage.reference.name}".startswith(_RUN_BY_LAMBDA):
        return ""
    name, tag = (stage.reference.name, stage.reference.tag) if stage.reference else ("", "")
    if name in SERVICES or "systemd" in name or "bootc" in name or (nothing_to_run and name == "php" and ("apache" in tag or "fpm" in tag)):
        return ""
    if _drops_root(stage) or _is_privileged(stage):
        return ""
    if nothing_to_run or _for_development(stage) or _is_run_by_hand(stage, entrypoint, command):
        return "info"
    return "warning"


# AWS Lambda runs functions as a user of its own, whatever USER says (its guide, "Create a Lambda function using a container image").
_RUN_BY_LAMBDA = ("public.ecr.aws/lambda/", "docker.io/amazon/aws-lambda-")


def _is_privileged(stage: Stage) -> bool:
    """Whether a label of the image has the command that runs it, and gives it all rights (Project Atomic's LABEL RUN)."""
    return any(
        pair.value is not None and "--privileged" in pair.value.value
        for each in stage.chain()
        for label in each.of("LABEL")
        for pair in label.pairs
    )


def _is_run_by_hand(stage: Stage, entrypoint: Instruction | None, command: Instruction | None) -> bool:
    """Whether the image is an interpreter, a tool that shows its help, or a base whose entrypoint only starts what it is given."""
    words = [word.value for word in command.words] if command is not None else []
    if words:
        if entrypoint is not None and len(entrypoint.words) > 1:
            return False
        asks = [word in _ASKS or basename(word) in _INTERACTIVE for word in words]
        return all(asks) or (entrypoint is None and len(words) > 1 and all(word in _ASKS for word in words[1:]))
    script = basename(entrypoint.words[0].value) if entrypoint is not None and len(entrypoint.words) == 1 else ""
    for each in stage.chain() if script and command is None else ():
        for copy in each.of("COPY", "ADD"):
            for source in copy.sources if not copy.from_ else ():
                value = copy.expand(source) or ""
                if script in (basename(value), basename(copy.destination.value) if copy.destination else ""):
                    text = each.dockerfile.context.read(value) or ""
                    return text.rstrip().endswith('exec "$@"')
    return False


_INTERACTIVE = SHELLS | INTERPRETERS

# Arguments with which a program shows its help, or reads from a terminal.
_ASKS = frozenset("-a -i -l --login --interactive --help -h -help help --version -v version".split())


def _for_development(stage: Stage) -> bool:
    """Whether the names of the Dockerfile and the stage say that the image is not for production."""
    path = stage.dockerfile.source.path.lower().replace("\\", "/")
    names = f"{basename(path)}-{stage.name}".replace(".", "-").replace("_", "-").split("-")
    return ".devcontainer/" in path or not FOR_DEVELOPMENT.isdisjoint(names) or not _TESTS.isdisjoint(path.split("/")[-7:-1])


_TESTS = frozenset("test tests testing testdata testfiles fixtures e2e playwright".split())


@rule("WD601", "no-user", "warning", covers=NO_USER)
def no_user(stage: Stage) -> Iterator[Hit]:
    """The container runs as root, because nothing says otherwise.

    Whoever takes over the program then owns everything in the container, and with one more mistake (a mounted socket, a writable
    host folder, a kernel bug) the host. Most programs need nothing of it: since Docker 20.10 even ports below 1024 are free for all.

    Bad:
        FROM python:3.14-slim
        COPY app.py /app/
        CMD ["python", "/app/app.py"]

    Good:
        FROM python:3.14-slim
        COPY app.py /app/
        USER 65532:65532
        CMD ["python", "/app/app.py"]

    Leaves alone: stages that are not the final one; bases that have a user of their own, or that nobody knows; programs and entrypoints
    that drop root's rights themselves (nginx, postgres, gosu, su-exec, s6, supervisord), and those that a label runs with --privileged;
    AWS Lambda's bases, whose functions run as a user of Lambda's; actions of GitHub's (action.yml), which must be root's; Windows. Images
    that start nothing but an interpreter, a help text or what they are given, and those for development, get a remark only.
    """
    if stage.role != "final" or stage.end.user is not None or _is_root(stage.user) is not True or is_action(stage.dockerfile.context):
        return
    severity = _concern(stage)
    if severity and not list(_unused_users(stage)):
        where = stage.instruction.words[0] if stage.instruction.words else stage.instruction
        yield Hit(where, f"nothing here says USER, and {_base(stage)} runs as root", _advice(stage), severity)


def _base(stage: Stage) -> str:
    """The image at the root of the stage, without its digest."""
    return stage.root.reference_text.partition("@")[0] or "the base"


def _advice(stage: Stage) -> str:
    started = [word.value for command in _start_commands(stage)[:1] for word in command.words]
    if any(f"{place}/".startswith("/root/") for place in (stage.end.workdir or "", *started)):
        return "move the program out of /root, which nobody else may enter; then USER 65532:65532 before the last CMD or ENTRYPOINT"
    where = "before the last CMD or ENTRYPOINT" if started else "at the end"
    for account in _accounts(stage):
        if account.name.value not in SYSTEM_USERS:
            return f"USER {account.uid if account.uid.isdigit() else account.name.value} {where}"
    for uid, name in sorted(stage.image.uids.items()):
        if name != "ubuntu":
            return f"the image has a user for it: USER {uid}:{uid} ({name})"
    return f"USER 65532:65532 {where}; a number needs no entry in /etc/passwd"


@rule(
    "WD602",
    "last-user-root",
    "warning",
    covers=("DL3002", "DS-0002", "CKV_DOCKER_8", "kics:last_user_is_root", "semgrep:last-user-is-root", "DF002", "EU0001"),
)
def last_user_root(stage: Stage) -> Iterator[Hit]:
    """The last USER of the final stage is root.

    Often it was only meant for one installation in between.

    Bad:
        FROM node:24-slim
        USER root
        RUN apt-get update
        CMD ["node", "server.js"]

    Good:
        FROM node:24-slim
        USER root
        RUN apt-get update
        USER 1000:1000
        CMD ["node", "server.js"]

    Leaves alone: stages that are not the final one; programs and entrypoints that drop root's rights themselves; AWS Lambda's bases.
    Images without CMD and ENTRYPOINT, and those for development, get a remark only.
    """
    last = stage.last("USER") if stage.role == "final" else None
    if last is None or not last.words or _is_root(stage.end.user) is not True:
        return
    severity = _concern(stage)
    if not severity:
        return
    before = [user for user in stage.of("USER") if user is not last]
    previous = before[-1].words[0].value if before and before[-1].words else ""
    inherited = stage.image.user if stage.image.user not in ("", "?") else ""
    back = previous if previous and not _is_root(previous) else inherited
    where = last.words[0] if last.stage is stage else stage.instruction.words[0]
    yield Hit(
        where,
        f"the container runs as root: this is the last USER{f', and {back} was the one before' if back else ''}",
        f"USER {back} behind it" if back else _advice(stage),
        severity,
    )


@rule("WD603", "root-with-volume", "info", covers=("tally/stateful-root-runtime",))
def root_with_volume(stage: Stage) -> Iterator[Hit]:
    """The container runs as root and keeps its state in a volume.

    The files in the volume are then root's: changing the user later needs a `chown` of all the data, on every host.

    Bad:
        FROM python:3.14-slim
        VOLUME /data
        CMD ["python", "app.py"]

    Good:
        FROM python:3.14-slim
        RUN install -d -o 65532 -g 65532 /data
        USER 65532:65532
        VOLUME /data
        CMD ["python", "app.py"]

    Leaves alone: whatever WD601 and WD602 leave alone.
    """
    if stage.role == "final" and _is_root(stage.user) is True and _concern(stage) == "warning":
        volume = next((instruction for each in stage.chain() for instruction in each.of("VOLUME")), None)
        if volume is not None and volume.words and volume.stage is stage and not volume.words[0].value.startswith(("/tmp", "/var/tmp")):
            yield Hit(
                volume.words[0],
                f"root writes the data in {volume.words[0].value}: a user that is set later cannot",
                "make the folder the user's with install -d -o UID, and set USER",
            )


# Users that are created ----------------------------------------------------------------------------------------------------------------


class Account(NamedTuple):
    """A user that a command creates: `uid` as it is written, "" where it is not, and the groups it is in besides its own."""

    name: Word
    uid: str
    groups: tuple[str, ...]


# The options of useradd and of all kinds of adduser that take the next word.
_VALUED = frozenset(
    "-u --uid -g --gid -G --groups --ingroup -d --home-dir --home -h -s --shell -c --comment --gecos -k --skel -K --key -p --password"
    " -e --expiredate -f --inactive -b --base-dir -R --root -P --prefix -Z --selinux-user --firstuid --lastuid --firstgid --lastgid"
    " --conf".split()
)


def _accounts(stage: Stage) -> Iterator[Account]:
    """The users that the stage's RUN instructions create."""
    yield from filter(None, map(_account, stage.calls("useradd", "adduser")))


def _account(command: Command) -> Account | None:
    """The user that a call of useradd or adduser creates; None where it creates none, or a variable names it."""
    operands = command.operands(_VALUED)
    if command.name == "useradd":
        if not operands:  # as with -D, which shows or changes the defaults
            return None
        name, groups = operands[-1], command.option("-G", "--groups") or ""
    else:
        if not operands or (len(operands) > 1 and not command.has("-D", "-S", "--system", "--disabled-password")):
            return None  # `adduser USER GROUP` adds a user to a group
        name, groups = operands[0], ""
    return Account(name, command.option("-u", "--uid") or "", tuple(filter(None, groups.split(",")))) if name.literal else None


def _accounts_of_chain(stage: Stage) -> Iterator[Account]:
    for each in reversed(stage.chain()):
        yield from _accounts(each)


def _unused_users(stage: Stage) -> Iterator[Account]:
    """The users that are created for a container which then runs as root."""
    if stage.role != "final" or _is_root(stage.user) is not True or _concern(stage) != "warning":
        return
    said = stage.last("USER", inherited=False)
    if said is not None and "$" in said.value:  # whoever builds may choose
        return
    started = {word.value for command in _start_commands(stage) for word in command.words}
    for account in _accounts(stage):
        name = account.name.value
        if name in SYSTEM_USERS or any(word == name or word.startswith(name + ":") or word.endswith("=" + name) for word in started):
            continue
        yield account


@rule("WD604", "user-created-but-never-used", "warning", covers=("tally/user-created-but-never-used", *NO_USER))
def user_created_but_never_used(stage: Stage) -> Iterator[Hit]:
    """The final stage creates a user, and runs as root all the same.

    A USER is missing. (WD601 says nothing then.)

    Bad:
        FROM debian:13-slim
        RUN useradd --uid 10001 --no-log-init app
        CMD ["/usr/local/bin/app"]

    Good:
        FROM debian:13-slim
        RUN useradd --uid 10001 --no-log-init app
        USER 10001:10001
        CMD ["/usr/local/bin/app"]

    Leaves alone: what WD601 leaves alone; users whose name CMD or ENTRYPOINT has among their words; a USER that an ARG may choose.
    """
    for account in _unused_users(stage):
        user = account.uid if account.uid.isdigit() else account.name.value
        yield Hit(
            account.name,
            f"the user {account.name.value} is created, but the container runs as root",
            f"USER {user} before the last CMD or ENTRYPOINT",
        )
        return


@rule("WD605", "user-by-name", "info", covers=("DL3066",))
def user_by_name(stage: Stage) -> Iterator[Hit]:
    """USER has a name where a number says more.

    Kubernetes cannot prove that a name is not root: with `runAsNonRoot: true` the container does not start ("image has non-numeric
    user"). A number also means the same on the host and in a volume.

    Bad:
        FROM node:24-slim
        USER node

    Good:
        FROM node:24-slim
        USER 1000:1000

    Leaves alone: stages that the final one is not FROM, root, users that a variable names.

    Mends (safe): writes the UID, where it is known, whatever base an ARG may choose, and stays; the group comes from /etc/passwd then as
    before.
    """
    last = stage.last("USER") if stage.role == "final" else None
    if last is None or not last.words:
        return
    word = last.words[0]
    name, _, group = (last.expand(word) or "$").partition(":")
    if "$" in name or name in ROOT_USERS or name.isdigit() or stage.image.family == "windows":
        return
    created = next((account for account in _accounts_of_chain(stage) if account.name.value == name), None)
    uid = next((str(number) for number, known in sorted(stage.image.uids.items()) if known == name), "")
    if _is_renumbered(stage, name):
        help = f"write its number, which id -u {name} tells in the image"
    elif created is not None and created.uid.isdigit():
        help = f"USER {created.uid}"  # the group comes from /etc/passwd
    elif created is None and not stage.image_varies and (uid := uid or SYSTEM_UIDS.get(stage.image.family, {}).get(name, "")):
        help = f"USER {uid}:{uid}" if not group or group == name else f"USER {uid}"
    elif created is None and name == "nonroot" and "distroless" in stage.root.reference_text:
        help = "USER 65532:65532"  # as in all images that take after Google's, and they have no id
    elif created is None:
        help = f"write its number, which id -u {name} tells in the image"
    else:
        help = "create the user with a number of its own (--uid 10001), and write that number"
    yield Hit(word, f"USER {name} is a name, which Kubernetes' runAsNonRoot cannot check", help)


def _is_renumbered(stage: Stage, name: str) -> bool:
    """Whether an account gets another number, or is deleted, after it was created."""
    return any(
        name in (word.value for word in command.arguments) and (command.name != "usermod" or command.has("-u", "--uid"))
        for each in stage.chain()
        for command in each.calls("usermod", "userdel", "deluser")
    )


@rule("WD606", "name-without-passwd", "error", covers=("tally/named-identity-in-passwdless-stage",))
def name_without_passwd(stage: Stage) -> Iterator[Hit]:
    """A user is named where no /etc/passwd has any names.

    An image from scratch has no users. `COPY --chown=NAME`, and WORKDIR behind `USER NAME`, break the build ("invalid user index: -1"); a
    container with `USER NAME` does not start ("no matching entries in passwd file").

    Bad:
        FROM scratch
        USER app

    Good:
        FROM scratch
        USER 65532:65532

    Leaves alone: stages that get an /etc/passwd, or a whole root file system; numbers; variables.
    """
    scratch = stage.root.reference_text == "scratch"
    if not scratch and stage.image.family != "distroless":
        return
    known = {"root"} if scratch else {"root", "nobody", "nonroot"}
    passwd = False
    for instruction in [instruction for each in reversed(stage.chain()) for instruction in each.instructions]:
        if instruction.keyword in ("COPY", "ADD") and not passwd:
            passwd = _brings_passwd(instruction)
        if instruction.keyword == "RUN":
            passwd = True
        if instruction.stage is not stage or passwd:
            continue
        if instruction.keyword == "USER" and instruction.words:
            name = (instruction.expand(instruction.words[0]) or "$").partition(":")[0]
            if _is_unknown_name(name, known):
                yield Hit(
                    instruction.words[0],
                    f"{_base(stage)} has no user {name}: the container will not start",
                    "write a number: USER 65532:65532",
                )
        flag = instruction.flag("chown")
        if flag is not None and flag.value:
            for name in (instruction.expand(flag.value) or "$").split(":"):
                if _is_unknown_name(name, known):
                    yield Hit(flag, f"{_base(stage)} has no user {name}: the build fails here", "write numbers: --chown=65532:65532")
                    break


def _is_unknown_name(name: str, known: set[str]) -> bool:
    return bool(name) and "$" not in name and not name.isdigit() and name not in known


def _brings_passwd(instruction: Instruction) -> bool:
    """Whether a COPY or ADD may bring an /etc/passwd: by name, in a folder, or in a whole root file system."""
    target = destination_of(instruction)
    sources = [instruction.expand(word) or "$" for word in instruction.sources]
    if target is None or target == "/etc/passwd" or any("passwd" in source for source in sources):
        return True
    if target not in ("/", "/etc"):
        return False
    unpacked = instruction.keyword == "ADD" and any(".t" in basename(source) for source in sources)
    return unpacked or any(is_folder(instruction, source) is not False and _may_be_system(source) for source in sources)


def _may_be_system(source: str) -> bool:
    name = basename(source.rstrip("/"))
    return (
        "$" in source
        or source.endswith("/")
        or has_wildcards(source)
        or name in ("", ".", "etc", "out", "dist", "output")
        or "root" in name
        or "fs" in name
    )


# Official images whose accounts are known: nothing but the distribution's, and those in `ImageFacts.uids`.
_LANGUAGES = frozenset("python node go ruby rust perl".split())
_DISTRIBUTIONS = frozenset("debian alpine ubuntu".split())


@rule("WD607", "user-drops-supplementary-groups", "warning", covers=("tally/user-explicit-group-drops-supplementary-groups",))
def user_drops_supplementary_groups(stage: Stage) -> Iterator[Hit]:
    """USER NAME:GROUP, although the user was put into further groups.

    With a group behind the colon the process has that group only; those from /etc/group are dropped.

    Bad:
        FROM debian:13-slim
        RUN useradd --uid 10001 -G video app
        USER app:app

    Good:
        FROM debian:13-slim
        RUN useradd --uid 10001 -G video app
        USER app

    Leaves alone: USER without a group, users in no further group, a group that is one of those.
    """
    for instruction in stage.of("USER"):
        if not instruction.words:
            continue
        name, colon, group = (instruction.expand(instruction.words[0]) or "").partition(":")
        if not colon or name in ROOT_USERS:
            continue
        further = [found for found in _further_groups(stage, name) if found != group]
        if further:
            yield Hit(
                instruction.words[0], f"with :{group} the process loses {name}'s further groups: {', '.join(further)}", f"USER {name}"
            )


def _further_groups(stage: Stage, user: str) -> list[str]:
    groups: list[str] = []
    for account in _accounts_of_chain(stage):
        if user in (account.name.value, account.uid):
            groups.extend(account.groups)
    for each in stage.chain():
        for command in each.calls("usermod", "adduser", "addgroup", "gpasswd"):
            operands = [word.value for word in command.operands(_VALUED | {"-a", "--add", "-aG", "-G"})]
            if command.name == "usermod" and operands[-1:] == [user]:
                groups.extend((command.option("-G", "-aG", "--groups") or "").split(","))
            elif command.name in ("adduser", "addgroup") and len(operands) == 2 and operands[0] == user:
                groups.append(operands[1])
            elif command.name == "gpasswd" and command.option("-a", "--add") == user:
                groups.extend(operands[-1:])
    return list(dict.fromkeys(group for group in groups if group))


@rule(
    "WD608",
    "copy-after-user-without-chown",
    "info",
    covers=("tally/copy-after-user-without-chown",),
    default=False,
    help="COPY --chown=USER where the program writes to it",
)
def copy_after_user_without_chown(stage: Stage) -> Iterator[Hit]:
    """COPY behind USER makes files of root all the same.

    USER has no effect on COPY and ADD. For code and configuration that is right: what a program only reads should not be its own to
    change. Only what it writes needs --chown, so this is off unless selected.

    Bad:
        FROM debian:13-slim
        USER 10001
        COPY data/ /data/

    Good:
        FROM debian:13-slim
        USER 10001
        COPY --chown=10001:10001 data/ /data/
    """
    if not stage.ships:
        return
    for instruction in stage.of("COPY", "ADD"):
        if instruction.flag("chown") is None and instruction.state.user is not None and _is_root(instruction.state.user) is False:
            yield Hit(instruction.keyword_span, f"{instruction.keyword} makes files of root, not of {instruction.state.user}")


# Who may write ---------------------------------------------------------------------------------------------------------------------


# Where what is written does not stay, or is nobody's file.
_NOT_KEPT = ("/dev/", "/proc/", "/sys/", "/tmp/")


@rule("WD609", "world-writable", "warning", covers=("tally/world-writable-state-path-workaround", "DF034"))
def world_writable(stage: Stage) -> Iterator[Hit]:
    """Everybody may write.

    Any process of the container, whoever it runs as, can then replace the program or its configuration. What must be written
    belongs to the user that writes it.

    Bad:
        RUN mkdir /data && chmod 777 /data

    Good:
        RUN install -d -o 10001 -g 10001 -m 750 /data

    Leaves alone: a sticky bit (`1777`, as of /tmp), devices, stages whose files do not ship, modes that a variable holds. `a+w`, which is
    hardly written by habit, is a remark only.
    """
    for command in stage.calls("chmod"):
        operands = command.operands(("--reference",))
        if len(operands) < 2 or not operands[0].literal or not _for_everybody(operands[0].value):
            continue
        mode = operands[0]
        paths = [word for word in operands[1:] if not word.value.startswith(_NOT_KEPT) and _is_told(command, word)]
        resolved = [absolute(word.value, directory_of(command)) for word in paths]
        if not paths or not any(stage.ships or (path is not None and reaches_image(stage, path)) for path in resolved):
            continue
        what = paths[0].value + (f" and {len(paths) - 1} more" if len(paths) > 1 else "")
        if resolved == ["/tmp"]:
            yield Hit(mode, f"chmod {mode.value} of /tmp lacks the sticky bit: everybody may remove the files of others", "chmod 1777 /tmp")
        else:
            yield Hit(
                mode,
                f"chmod {mode.value} lets everybody write to {what}",
                "give it to the user that writes it (chown, or install -d -o), with mode 750 or 755",
                "" if mode.value.isdigit() else "info",  # a+w is meant, as of a toolchain that any user may add to
            )
    for instruction in stage.of("COPY", "ADD"):
        flag = instruction.flag("chmod")
        rights = instruction.expand(flag.value) if flag is not None and flag.value else None
        target = destination_of(instruction)
        if flag is None or rights is None or not _for_everybody(rights):
            continue
        if stage.ships or (target is not None and reaches_image(stage, target)):
            yield Hit(flag, f"--chmod={rights} lets everybody write", "--chmod=755 for programs, 644 for other files")


def _is_told(command: Command, word: Word) -> bool:
    """Whether a path is one that the Dockerfile names: not a variable of the script, such as a folder that mktemp made."""
    run = command.instruction
    assert run is not None
    return not word.value.startswith("$") or word.value[1:].strip("{}").partition("/")[0].rstrip("}") in run.state.variables


def _for_everybody(mode: str) -> bool:
    """Whether a mode, octal or symbolic, lets all users write without a sticky bit."""
    if mode.isdigit():
        return len(mode) >= 3 and int(mode[-1]) & 2 != 0 and not (len(mode) >= 4 and int(mode[-4]) & 1)
    open_for_all = False
    for clause in mode.split(","):
        who = re.match("[ugoa]*", clause)
        everybody = who is not None and bool({"o", "a"} & set(who[0]))
        for operator, rights in re.findall("([-+=])([a-zA-Z]*)", clause):
            if "t" in rights and operator != "-":
                return False
            if everybody and ("w" in rights or operator == "="):
                open_for_all = operator != "-" and "w" in rights
    return open_for_all


@rule(
    "WD610",
    "sudo",
    "warning",
    covers=(
        "DL3004", "DS-0010", "CKV2_DOCKER_1", "kics:run_using_sudo", "semgrep:no-sudo-in-dockerfile", "DF010", "dockerfilelint:sudo_usage",
        "ER0004", "dockerlint:sudo", "DKL-DI-0001",
    ),
)  # fmt: skip
def sudo(stage: Stage) -> Iterator[Hit]:
    """A RUN calls sudo.

    As root it does nothing; as another user it needs a password-less way to become root, which then stays in the image. USER says who
    runs a RUN, and may be changed as often as needed.

    Bad:
        RUN sudo apt-get update

    Good:
        USER root
        RUN apt-get update
        USER 10001

    Leaves alone: the installation of sudo itself; words that only look like it. One finding for each RUN. `sudo -u`, which makes a root
    shell run something as somebody else, gets a remark.

    Mends (safe or unsafe): leaves sudo out of a RUN that is root's; unsafe where a program may look at variables that sudo takes away.
    """
    seen: set[Instruction] = set()
    for command in stage.calls("sudo"):
        run = command.instruction
        if run is None or run in seen or not command.arguments:
            continue
        seen.add(run)
        root = _is_root(stage.user_at(run))
        wrapped = command.wrapped.name if command.wrapped else ""
        if stage.has_tool("sudo", run) is False:
            help = "leave it out: the RUN is root's already" if root else "USER root before it"
            yield Hit(command.words[0], f"{_base(stage)} has no sudo: the build fails here", help, "error")
        elif command.has("-u", "--user") and root is not False:
            yield Hit(
                command.words[0],
                "sudo -u only changes the user, which USER or setpriv does without it",
                f"USER {command.option('-u', '--user')} before it, in a RUN of its own where root does the rest",
                "info",
            )
        else:
            why = (
                "which does nothing here: the RUN is root's already"
                if root
                else "for which the user must be able to become root without a password"
            )
            severity = "" if stage.ships and not _for_development(stage) else "info"
            yield Hit(
                command.words[0],
                f"sudo{' for ' + wrapped if wrapped else ''}, {why}",
                "leave it out" if root else "USER root before it, and USER back behind it",
                severity,
            )


@rule("WD611", "useradd-without-no-log-init", "warning", covers=("DL3046", "DF064"), help="useradd --no-log-init")
def useradd_without_no_log_init(stage: Stage) -> Iterator[Hit]:
    """useradd with a high UID and without --no-log-init.

    Where /var/log/lastlog and faillog exist, useradd extends them to the place of that UID: a file with a hole on disk, and gigabytes of
    zeros in a layer.

    Bad:
        RUN useradd --uid 1234567 app

    Good:
        RUN useradd --uid 1234567 --no-log-init app

    Leaves alone: UIDs below 100,000, adduser, stages that do not ship.
    """
    for command in stage.calls("useradd") if stage.ships else ():
        uid = command.option("-u", "--uid") or ""
        if uid.isdigit() and int(uid) >= 100_000 and not command.has("-l", "--no-log-init"):
            yield Hit(command.words[0], f"useradd with the UID {uid} makes lastlog and faillog files as large as that number")


@rule("WD612", "recursive-chown-of-earlier-layer", "warning")
def recursive_chown_of_earlier_layer(stage: Stage) -> Iterator[Hit]:
    """chown -R or chmod -R over files of an earlier layer.

    A layer holds whole files: to change the owner of a file is to store it once more, even where it had that owner before. The image
    grows by the size of the tree, and so does each pull (measured: a `chown -R` was 495 MB of an image of 2.7 GB).

    Bad:
        COPY . /app
        RUN chown -R 10001:10001 /app

    Good:
        COPY . /app
        RUN install -d -o 10001 -g 10001 /app/data

    Leaves alone: stages that do not ship, folders that were made or filled in the same RUN, single files, `chown --from` of somebody
    whose the files are not. Of several commands over one tree in one RUN, which stores it once, the first is told.

    Mends (safe or unsafe): writes COPY --chown, and gives the RUN the folder alone, where COPY instructions of this stage bring all
    that is in it; accounts that the same RUN creates first move into a RUN before them. Unsafe where the base image is not known, or may
    have files of its own there, or pip runs in between.
    """
    if not stage.ships:
        return
    told: set[tuple[Instruction, str]] = set()
    for command in stage.calls("chown", "chmod", "chgrp"):
        run = command.instruction
        if run is None or not command.has("-R", "--recursive"):
            continue
        directory = directory_of(command)
        wanted = command.option("--from") or ""
        for operand in command.operands(("--reference", "--from"))[1:]:
            path = absolute(operand.value.removesuffix("/*").removesuffix("/.") or "/", directory)
            owner = command.operands(("--reference", "--from"))[0].value
            earlier = [
                placed
                for placed in placed_before(run)
                if placed.bulk and path is not None and path != "/" and is_within(placed.path, path) and _may_own(wanted, placed)
            ]
            if earlier and path is not None and (run, path) not in told:
                told.add((run, path))
                first = earlier[0].instruction
                more = " and others" if len({placed.instruction for placed in earlier}) > 1 else ""
                flag = "--chmod" if command.name == "chmod" else "--chown"
                what = f"line {first.line}{more}"
                help = (
                    f"{first.keyword} {flag} in line {first.line} stores them once"
                    if first.keyword in ("COPY", "ADD")
                    else f"do it in the RUN of line {first.line}"
                )
                if command.name == "chown" and all(_owned_by(placed, owner) for placed in earlier):
                    help = f"give only what this RUN makes: the files of line {first.line} are {owner}'s already"
                else:
                    help = f"leave what is only read to root; {help}"
                yield Hit(operand, f"{command.name} -R of {operand.value} stores what {what} put there a second time", help)
                break


def _owned_by(placed: Placed, owner: str) -> bool:
    """Whether COPY --chown gave it to that user already. A chown to the same one stores the file again all the same (measured)."""
    flag = placed.instruction.flag("chown")
    return flag is not None and flag.value is not None and flag.value.partition(":")[0] == owner.partition(":")[0]


def _may_own(wanted: str, placed: Placed) -> bool:
    """Whether the files may be those of `chown --from=WANTED`, a user, a group or both: what COPY takes from the context is root's."""
    flag = placed.instruction.flag("chown")
    if flag is None and (placed.instruction.keyword != "COPY" or placed.instruction.from_):
        return True
    owner = flag.value if flag and flag.value else "0:0"
    for asked, there in zip(wanted.split(":"), owner.split(":"), strict=False):
        asked, there = ("0" if name == "root" else name for name in (asked, there))
        comparable = "$" not in asked + there and (asked.isdigit() == there.isdigit() or "0" in (asked, there))
        if asked and asked != there and comparable:
            return False
    return True


@rule(
    "WD613",
    "code-owned-by-its-user",
    "info",
    confidence="medium",
    help="leave out --chown: what is only read may be root's; give the user the folders that it writes",
)
def code_owned_by_its_user(stage: Stage) -> Iterator[Hit]:
    """The program's whole folder belongs to the user that runs it.

    Whoever makes the program write a file can then replace its code. Files that are only read are root's, who can be read by all.

    Bad:
        FROM node:24-slim
        WORKDIR /app
        COPY --chown=1000:1000 . .
        USER 1000

    Good:
        FROM node:24-slim
        WORKDIR /app
        COPY . .
        USER 1000

    Leaves alone: single files, folders for data, stages that are not the final one, another owner than the user that runs, a --chmod that
    lets not even the owner write.
    """
    if stage.role != "final" or _is_root(stage.user) is not False:
        return
    runs = _numeric(stage, (stage.user or "").partition(":")[0])
    for instruction in stage.of("COPY", "ADD"):
        flag = instruction.flag("chown")
        owner = (instruction.expand(flag.value) or "$").partition(":")[0] if flag is not None and flag.value else ""
        target = destination_of(instruction)
        if flag is None or _numeric(stage, owner) != runs or target is None or _is_read_only(instruction):
            continue
        sources = [instruction.expand(word) or "" for word in instruction.sources]
        if target == workdir_at_end(stage) and any(is_folder(instruction, source) for source in sources):
            yield Hit(flag, f"{owner}, who runs the program, may overwrite all of {target}")


def _is_read_only(instruction: Instruction) -> bool:
    """Whether --chmod is a number, and without the owner's w."""
    flag = instruction.flag("chmod")
    return flag is not None and re.fullmatch(r"[0-7]?[0145][0-7]{2}", flag.value or "") is not None


def workdir_at_end(stage: Stage) -> str | None:
    return absolute(stage.end.workdir, "/") if stage.end.workdir is not None else None


def _numeric(stage: Stage, user: str) -> str:
    """A user as a number where it is known."""
    known = next((account.uid for account in _accounts_of_chain(stage) if account.name.value == user and account.uid.isdigit()), "")
    return known or next((str(uid) for uid, name in stage.image.uids.items() if name == user), user)


# What only root may do -----------------------------------------------------------------------------------------------------------------

_ACCOUNT_TOOLS = frozenset(
    "useradd adduser groupadd addgroup usermod groupmod userdel deluser delgroup groupdel chpasswd update-ca-certificates".split()
)


@rule("WD614", "root-needed-after-user", "error")
def root_needed_after_user(stage: Stage) -> Iterator[Hit]:
    """A command that only root may run, behind a USER that is not root.

    apt-get cannot lock its lists, apk its database; useradd cannot write /etc/passwd, `npm install -g` not /usr/local of the official
    image of Node.js, and nobody but root gives files away.

    Bad:
        FROM debian:13-slim
        USER 10001
        RUN apt-get update && apt-get install -y --no-install-recommends curl

    Good:
        FROM debian:13-slim
        RUN apt-get update && apt-get install -y --no-install-recommends curl
        USER 10001

    Leaves alone: sudo, doas and the like, conditions, commands whose failure is caught, users that are not known.
    """
    for run in stage.of("RUN"):
        if _is_root(stage.user_at(run)) is not False or run.flag("security"):
            continue
        for command in run.commands:
            if (
                command.wrapper is not None
                or command.after == "||"
                or not {"if", "if-condition", "not", "function", "case", "sh -c"}.isdisjoint(command.within)
            ):
                continue
            why = _needs_root(stage, run, command)
            if why:
                user = stage.user_at(run)
                set_here = run.state.user is not None
                yield Hit(
                    command.words[0],
                    f"{why}, but this RUN is {user}'s",
                    "USER root before it, and USER back behind it; or move it before USER",
                    confidence="" if set_here else "medium",
                )
                break


def _needs_root(stage: Stage, run: Instruction, command: Command) -> str:
    """Why a command fails for anybody but root, "" where it may not."""
    call = packages.read(command)
    if call is not None and call.manager.system and call.action in ("install", "update", "upgrade", "remove"):
        if call.manager.name == "apt" and call.command.has("--download-only", "-d", "--print-uris", "-s", "--simulate"):
            return ""
        return f"{command.name} {call.verb} needs root" if not command.has("--root", "--installroot") else ""
    if _writes_node_prefix(stage, run, command):
        return f"{command.name} {command.verb()} writes to /usr/local"
    if command.name in _ACCOUNT_TOOLS:
        return f"{command.name} needs root"
    if command.name == "chown":
        operands = command.operands(("--reference", "--from"))
        user = (stage.user_at(run) or "").partition(":")[0]
        owner = operands[0].value.partition(":")[0] if operands and operands[0].literal else ""
        if owner and _numeric(stage, owner) != _numeric(stage, user):
            return f"chown to {owner} needs root"
    return ""


def _writes_node_prefix(stage: Stage, run: Instruction, command: Command) -> bool:
    """Whether a command installs globally with the npm or corepack of the official image of Node.js, whose prefix is root's."""
    if stage.reference is None or stage.reference.registry != "docker.io" or stage.reference.name != "node":
        return False
    if command.name == "corepack":
        return command.verb() == "enable" and not command.has("--install-directory")
    if command.name != "npm" or command.verb() not in ("install", "i", "add") or not command.has("-g", "--global"):
        return False
    moved = any(name.lower() == "npm_config_prefix" for name in run.state.variables)
    return not moved and not any(
        "prefix" in word.value or word.value.startswith("/usr/local")
        for each in stage.chain()
        for other in each.commands
        for word in other.arguments
    )


@rule("WD615", "install-into-folder-of-root", "error", confidence="medium")
def install_into_folder_of_root(stage: Stage) -> Iterator[Hit]:
    """An installation writes into a folder that WORKDIR made for root.

    WORKDIR gives a new folder to whoever USER names at that moment. `COPY --chown` into it changes what is copied, not the folder itself
    (tried with Docker 28), so `npm ci` behind `USER node` ends with EACCES.

    Bad:
        FROM node:24-slim
        WORKDIR /app
        COPY --chown=node:node package.json package-lock.json ./
        USER node
        RUN npm ci

    Good:
        FROM node:24-slim
        USER node
        WORKDIR /home/node/app
        COPY --chown=node:node package.json package-lock.json ./
        RUN npm ci

    Leaves alone: home folders that came with their user, folders that a RUN gave away or opened, that an earlier COPY --chown made, or
    that the base image has; other commands.
    """
    for run in stage.of("RUN"):
        if _is_root(run.state.user) is not False:
            continue
        for command in run.commands:
            directory = _written_by(command)
            made = _made_for_root(stage, run, directory) if directory is not None and command.wrapper is None else None
            if made is not None:
                user = run.state.user
                yield Hit(
                    command.words[0],
                    f"{user} cannot write to {directory}: WORKDIR in line {made.line} made it for root",
                    f"move that WORKDIR behind USER, or RUN chown {user} {directory} before USER",
                )
                break


def _written_by(command: Command) -> str | None:
    """The folder in which a command makes its files, for those that certainly do."""
    call = packages.read(command)
    if call is None or command.has("-g", "--global"):
        return None
    if call.manager.name in ("npm", "yarn", "pnpm", "bun", "composer") and call.action in ("install", "restore"):
        options = ("-d", "--working-dir") if command.name == "composer" else ("--prefix", "--dir", "--cwd", "-C")
        return None if command.option(*options) else directory_of(command)
    return None


def _made_for_root(stage: Stage, run: Instruction, directory: str) -> Instruction | None:
    """The WORKDIR that made a folder while the user was root, if nothing before or since makes it another's."""
    made: Instruction | None = None
    for each in reversed(stage.chain()):
        for instruction in each.instructions:
            if instruction is run:
                return made
            if instruction.keyword == "WORKDIR":
                path = absolute(instruction.expand(instruction.words[0]) or "$", workdir_of(instruction))
                if path == directory and made is None:
                    if _is_root(each.user_at(instruction)) is not True or known_folder(instruction, directory) or each.image.family == "":
                        return None
                    made = instruction
            elif instruction.keyword in ("COPY", "ADD"):
                target = destination_of(instruction)
                if instruction.flag("chown") and made is None and (target is None or is_within(directory, target)):
                    return None
            elif instruction.keyword == "RUN":
                for command in instruction.commands:
                    if _home_made_by(command) == directory:
                        return None
                    if command.name in _GIVES_AWAY or command.name.endswith(".sh"):
                        owned = command.name in ("chown", "chmod", "chgrp") and not command.has("--reference")
                        for word in command.operands()[1 if owned else 0 :]:
                            path = absolute(word.value.removesuffix("/*"), directory_of(command))
                            if path is None or is_within(directory, path):
                                return None
    return None


# What may give a folder to another user, or open it.
_GIVES_AWAY = frozenset("chown chmod chgrp install setfacl mkdir mount mv rm cp ln su gosu sudo".split())


def _home_made_by(command: Command) -> str:
    """The home folder that a command makes, or may make, for the user that it creates; "" where it makes none."""
    if command.name not in ("useradd", "adduser") or command.has("-M", "-H", "--no-create-home"):
        return ""
    account = _account(command)
    if account is None or (command.name == "useradd" and not command.has("-m", "--create-home") and _of_debian(command)):
        return ""
    return command.option("-d", "--home-dir", "-h", "--home") or f"/home/{account.name.value}"


def _of_debian(command: Command) -> bool:
    """Whether useradd makes no home folder unless it is told to."""
    return command.instruction is not None and command.instruction.stage.image.family in ("debian", "ubuntu")


@rule("WD616", "system-user-with-high-uid", "info", help="leave out -r (--system), or the UID")
def system_user_with_high_uid(stage: Stage) -> Iterator[Hit]:
    """useradd --system with a UID above the range for system users.

    useradd warns that the number is "greater than SYS_UID_MAX", and leaves out what -r is for: a number from that range.

    Bad:
        RUN useradd -r -u 10001 app

    Good:
        RUN useradd --no-log-init --no-create-home --shell /usr/sbin/nologin -u 10001 app

    Leaves alone: UIDs up to 999, UIDs that a variable holds, adduser.
    """
    for command in stage.calls("useradd"):
        uid = command.option("-u", "--uid") or ""
        if uid.isdigit() and int(uid) > 999 and command.has("-r", "--system"):
            yield Hit(command.find("-r", "--system") or command, f"{uid} is no UID for a system user: those end at 999")


@rule(
    "WD617",
    "password-set",
    "warning",
    covers=("CKV2_DOCKER_17", "DKL-LI-0001"),
    help="run as a user that needs no password; log in with a key that is mounted",
)
def password_set(stage: Stage) -> Iterator[Hit]:
    """A password is set, or removed, for a user of the image.

    It is in the Dockerfile, in the image's history, and the same in every container. A user that only runs a program needs none.

    Bad:
        RUN echo "app:secret" | chpasswd

    Good:
        RUN useradd --uid 10001 --no-log-init app

    Leaves alone: passwords from a secret mount or a hash that is locked (`!`, `*`); `passwd -l`; stages that do not ship.
    """
    if not stage.ships:
        return
    for command in stage.calls("chpasswd"):
        run = command.instruction
        if run is not None and not any(mount.type == "secret" for mount in run.mounts):
            fed = command.piped_from
            if fed is not None and fed.arguments and re.search(r":[*!]|random|rand\b", fed.arguments[-1].value):
                continue  # nobody's
            user = fed.arguments[-1].value.partition(":")[0] if fed is not None and fed.arguments and ":" in fed.arguments[-1].value else ""
            yield Hit(command.words[0], f"chpasswd sets the password of {user}" if user and "$" not in user else "chpasswd sets a password")
    for command in stage.calls("passwd", "usermod", "useradd"):
        if command.name == "passwd" and command.has("-d", "--delete"):
            operands = command.operands()
            yield Hit(command.words[0], f"passwd -d lets anybody log in as {operands[0].value if operands else 'root'} without a password")
        elif command.name != "passwd":
            value = command.option("-p", "--password")
            if (
                value is not None
                and not value.startswith(("!", "*"))
                and value not in ("", "x", "NP")
                and "random" not in value
                and "rand " not in value
            ):
                yield Hit(command.find("-p", "--password") or command, f"{command.name} sets a password, which is in the image's history")


@rule("WD618", "user-unknown", "error", confidence="medium", help="create the user in this stage, or write a number")
def user_unknown(stage: Stage) -> Iterator[Hit]:
    """USER names somebody whom the image does not have.

    The container does not start, and no RUN behind it works: "unable to find user: no matching entries in passwd file".

    Bad:
        FROM python:3.14-slim
        USER app
        CMD ["python", "app.py"]

    Good:
        FROM python:3.14-slim
        RUN useradd --uid 10001 --no-log-init app
        USER app
        CMD ["python", "app.py"]

    Leaves alone: base images that are not known well, users that a package may bring, stages that copy into /etc or run scripts.
    """
    image = stage.image
    if (
        stage.reference is None
        or stage.reference.registry != "docker.io"
        or not (image.language in _LANGUAGES or stage.reference.name in _DISTRIBUTIONS)
    ):
        return
    for instruction in stage.of("USER"):
        name = (instruction.expand(instruction.words[0]) or "$").partition(":")[0] if instruction.words else "$"
        if (
            "$" in name
            or not name
            or name.isdigit()
            or name in SYSTEM_USERS
            or name in image.uids.values()
            or name in stage.reference.name
            or name == image.user
        ):
            continue
        if not _may_create(stage, instruction, name):
            yield Hit(instruction.words[0], f"{_base(stage)} has no user {name}, and nothing here creates one")
            return


_CREATORS = frozenset(("useradd", "adduser", "usermod", "newusers", "groupmod", "ansible-playbook", "make", "source", ".", ""))
_SCRIPTS = (".sh", ".bash", ".py", ".pl", ".rb")


def _may_create(stage: Stage, user: Instruction, name: str) -> bool:
    """Whether anything before a USER may bring an account of that name."""
    for each in stage.chain():
        if each.of("ONBUILD") and each is not stage:
            return True
        for instruction in each.instructions:
            if instruction is user:
                break
            if instruction.keyword in ("COPY", "ADD"):
                target = destination_of(instruction)
                if target is None or target in ("/", "/etc", "/etc/passwd") or any("passwd" in word.value for word in instruction.sources):
                    return True
            elif instruction.keyword == "RUN":
                if not instruction.commands:
                    return True
                for command in instruction.commands:
                    call = packages.read(command)
                    if call is not None and call.manager.system and call.action == "install":
                        return True
                    if (
                        command.name in _CREATORS
                        or "/" in command.words[0].value
                        or (command.name in SHELLS and not command.has("-c"))
                    ):
                        return True
                    if command.name not in ("chown", "mkdir", "chgrp", "install", "chmod") and any(
                        "passwd" in word.value or name in word.value or word.value.endswith(_SCRIPTS)
                        for word in (*command.words, *(redirect.target for redirect in command.redirects))
                    ):
                        return True
    return False
