"""WD301 to WD325, WD340 and WD346 to WD348: what the distribution's package manager installs, and how."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from dockerlint import caches
from dockerlint.knowledge import packages as table
from dockerlint.packages import (
    Call,
    answers_yes,
    brings,
    calls,
    changes_nothing,
    installed,
    listed,
    loose,
    named,
    names_packages,
    read,
    refreshes,
)
from dockerlint.rules import Hit, rule
from dockerlint.rules.images import image_title

if TYPE_CHECKING:
    from dockerlint.knowledge.packages import Manager
    from dockerlint.model import Stage
    from dockerlint.parser import Instruction
    from dockerlint.shell import Command

_RPM = (table.DNF, table.YUM, table.MICRODNF)


# Versions: WD301, WD302, WD307 to WD309. Off unless asked for: a distribution's archive keeps only the newest version of a package,
# so that a pin breaks the build some weeks later; the digest of the base image is the better pin.


def _unpinned(stage: Stage, managers: tuple[Manager, ...], is_pinned: Callable[[Call, str], bool]) -> Iterator[Hit]:
    for call, word, names in loose(stage, managers, is_pinned):
        verb = "has" if len(names) == 1 else "have"
        yield Hit(word, f"{listed(names)} {verb} no version", f"pin like this: {call.manager.pin}")


@rule(
    "WD301",
    "apt-version-not-pinned",
    "info",
    covers=("DL3008", "DF005", "kics:apt_get_install_pin_version_not_defined", "ER0012"),
    default=False,
    help="write package=version",
)
def apt_version_not_pinned(stage: Stage) -> Iterator[Hit]:
    """apt installs whatever version the archive has today.

    Off by default: Debian's and Ubuntu's archives drop a version when the next one comes, so a pinned build fails some weeks later.
    A base image pinned by digest and rebuilt by a bot is easier to live with. Turn the rule on where a mirror with snapshots is used.

    Bad:
        RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*

    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends curl=8.14.1-2 && rm -rf /var/lib/apt/lists/*

    Leaves alone: versions with wildcards or from variables, `package/release`, `-t release`, .deb files, lists in variables whose value
    is not known, simulations.
    """
    yield from _unpinned(stage, (table.APT,), _apt_pinned)


def _apt_pinned(call: Call, package: str) -> bool:
    return (
        "=" in package
        or "/" in package
        or package.endswith("-")
        or call.verb == "build-dep"
        or call.command.has("-t", "--target-release", "--default-release")
    )


@rule(
    "WD302",
    "apk-version-not-pinned",
    "info",
    covers=("DL3018", "DF052", "kics:unpinned_package_version_in_apk_add", "ER0015"),
    default=False,
    help="write package=version, or package~version for a range",
)
def apk_version_not_pinned(stage: Stage) -> Iterator[Hit]:
    """apk installs whatever version the release's repository has today.

    Off by default: Alpine's repositories keep only the newest version of a package, so an exact pin breaks the build when it is
    replaced. `package~1.2` accepts its patches.

    Bad:
        FROM alpine:3.24
        RUN apk add --no-cache curl

    Good:
        FROM alpine:3.24
        RUN apk add --no-cache curl~8.17

    Leaves alone: `=`, `~`, `<` and `>`, packages from a tagged repository (`curl@edge`), `!package`, .apk files, values that are not
    known.
    """
    yield from _unpinned(stage, (table.APK,), lambda _, package: package[0] in "!." or any(mark in package for mark in "=~<>@"))


def _rpm_pinned(call: Call, package: str) -> bool:
    """name-1.2, name-1.2-3.el9.x86_64, a group or a module with its stream; a version begins with a digit behind a hyphen."""
    return (
        package[0] in "@("
        or (
            call.verb.startswith(("group", "builddep", "module", "source-install"))
            and (":" in package or not call.verb.startswith("module"))
        )
        or "=" in package
        or "/" in package
        or _ends_in_version(package)
    )


def _ends_in_version(package: str) -> bool:
    """httpd-2.4.62 and httpd-2.4.62-4.el9 do, java-17-openjdk does not."""
    parts = package.split("-")[1:]
    return any(part.rstrip("*").isdigit() or (part[:1].isdigit() and "." in part) for part in parts) and parts[-1][:1].isdigit()


@rule(
    "WD307",
    "yum-version-not-pinned",
    "info",
    covers=("DL3033", "kics:yum_install_without_version"),
    default=False,
    help="write package-version",
)
def yum_version_not_pinned(stage: Stage) -> Iterator[Hit]:
    """yum installs whatever version the repository has today.

    Bad:
        FROM registry.access.redhat.com/ubi9/ubi:9.7
        RUN yum install -y httpd && yum clean all

    Good:
        FROM registry.access.redhat.com/ubi9/ubi:9.7
        RUN yum install -y httpd-2.4.62 && yum clean all

    Leaves alone: groups, modules with a stream, .rpm files and addresses, values that are not known.
    """
    yield from _unpinned(stage, (table.YUM,), _rpm_pinned)


@rule(
    "WD308",
    "dnf-version-not-pinned",
    "info",
    covers=("DL3041", "kics:missing_version_specification_in_dnf_install"),
    default=False,
    help="write package-version",
)
def dnf_version_not_pinned(stage: Stage) -> Iterator[Hit]:
    """dnf or microdnf installs whatever version the repository has today.

    Bad:
        FROM fedora:43
        RUN dnf install -y httpd && dnf clean all

    Good:
        FROM fedora:43
        RUN dnf install -y httpd-2.4.65 && dnf clean all

    Leaves alone: groups, modules with a stream, .rpm files and addresses, values that are not known.
    """
    yield from _unpinned(stage, (table.DNF, table.MICRODNF), _rpm_pinned)


@rule(
    "WD309",
    "zypper-version-not-pinned",
    "info",
    covers=("DL3037", "kics:zypper_install_without_version"),
    default=False,
    help="write package=version",
)
def zypper_version_not_pinned(stage: Stage) -> Iterator[Hit]:
    """zypper installs whatever version the repository has today.

    Bad:
        FROM opensuse/leap:16.0
        RUN zypper --non-interactive install httpd && zypper clean --all

    Good:
        FROM opensuse/leap:16.0
        RUN zypper --non-interactive install httpd=2.4.63 && zypper clean --all

    Leaves alone: ranges, patterns (`-t pattern`), .rpm files and addresses, values that are not known.
    """
    yield from _unpinned(
        stage,
        (table.ZYPPER,),
        lambda call, package: any(mark in package for mark in "<>=~:") or call.command.has("-t", "--type") or _rpm_pinned(call, package),
    )


# Questions that nobody answers: WD311 to WD314, WD346.


def _unanswered(stage: Stage, managers: tuple[Manager, ...], setting: str, flag: str) -> Iterator[Hit]:
    """Calls that change packages and ask before they do; `setting` is what a configuration file says instead of the flag."""
    for call in calls(stage):
        if (
            call.manager in managers
            and call.action in ("install", "upgrade", "remove")
            and not answers_yes(call)
            and not changes_nothing(call)
            and (call.packages or call.verb not in ("remove", "purge"))  # which take away what is named, and nothing else
        ):
            if setting and (setting in (call.command.option("-o", "--option", "--setopt") or "") or caches.mentions(stage, setting)):
                continue
            copied = _copied_setting(stage, call.manager, setting)
            if copied:
                continue
            yield Hit(
                call.where,
                f"{call.command.name} {call.verb} asks whether to go on where more than that changes, and nobody answers",
                f"write {call.command.name} {call.verb} {flag}" if flag == "-y" else f"write {call.command.name} {flag} {call.verb}",
                confidence="low" if copied is None else "",
            )


# Where the settings of a manager are.
_SETTINGS = {
    "apt": ("/etc/apt/apt.conf", "/etc/apt/apt.conf.d"),
    "yum": ("/etc/yum.conf", "/etc/yum", "/etc/dnf"),
    "dnf": ("/etc/dnf",),
    "pacman": ("/etc/pacman.conf", "/etc/pacman.d"),
}


def _copied_setting(stage: Stage, manager: Manager, setting: str) -> bool | None:
    """Whether a file that is copied to where the manager has its settings has this one; None where its text is not known."""
    maybe = False
    for copy in (copy for link in stage.chain() for copy in link.of("COPY", "ADD")):
        destination = caches.absolute(copy.destination.value, copy) if copy.destination is not None else ""
        if any(caches.holds(place, destination) for place in _SETTINGS.get(manager.name, ())):
            texts = [None if copy.from_ else stage.dockerfile.context.read(source.value) for source in copy.sources]
            if any(text is not None and setting in text for text in texts):
                return True
            maybe = maybe or None in texts
    return None if maybe else False


@rule(
    "WD311",
    "apt-assume-yes-missing",
    "warning",
    covers=(
        "DL3014",
        "DS-0021",
        "DF015",
        "semgrep:missing-assume-yes-switch",
        "kics:apt_get_missing_flags_to_avoid_manual_input",
        "dockerfilelint:apt-get_missing_param",
        "ER0009",
    ),
    help="add -y",
)
def apt_assume_yes_missing(stage: Stage) -> Iterator[Hit]:
    """apt asks "Do you want to continue?", gets no answer, and aborts the build.

    It asks whenever more than what is named would change, which can begin with the next version of a package. A build has no terminal:
    the end of the input means no. DEBIAN_FRONTEND=noninteractive silences the questions of packages, not this one.

    Bad:
        RUN apt-get update && apt-get install --no-install-recommends curl && rm -rf /var/lib/apt/lists/*

    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*

    Leaves alone: `-qq` and `-q=2`, which imply it; `yes |`; APT::Get::Assume-Yes in an option or in a file that the build writes or copies;
    simulations and downloads. The confidence is low where a file is copied to apt's settings whose text is not known.

    Mends (safe): adds -y.
    """
    yield from _unanswered(stage, (table.APT,), "Assume-Yes", "-y")


@rule(
    "WD312",
    "yum-assume-yes-missing",
    "error",
    covers=("DL3030", "DF027", "semgrep:missing-yum-assume-yes-switch", "kics:yum_install_allows_manual_input"),
    help="add -y",
)
def yum_assume_yes_missing(stage: Stage) -> Iterator[Hit]:
    """yum asks "Is this ok?", gets no answer, and aborts the build.

    Bad:
        FROM registry.access.redhat.com/ubi9/ubi:9.7
        RUN yum install httpd && yum clean all

    Good:
        FROM registry.access.redhat.com/ubi9/ubi:9.7
        RUN yum install -y httpd && yum clean all

    Leaves alone: `--assumeyes`, `yes |`, `assumeyes` in an option or in a file that the build writes or copies.

    Mends (safe): adds -y.
    """
    yield from _unanswered(stage, (table.YUM,), "assumeyes", "-y")


@rule(
    "WD313",
    "dnf-assume-yes-missing",
    "error",
    covers=("DL3038", "semgrep:missing-dnf-assume-yes-switch", "kics:missing_flag_from_dnf_install"),
    help="add -y",
)
def dnf_assume_yes_missing(stage: Stage) -> Iterator[Hit]:
    """dnf asks "Is this ok?", gets no answer, and aborts the build.

    Bad:
        FROM fedora:43
        RUN dnf install httpd && dnf clean all

    Good:
        FROM fedora:43
        RUN dnf install -y httpd && dnf clean all

    Leaves alone: `--assumeyes`, `yes |`, `assumeyes` in an option or in a file that the build writes or copies; microdnf, which never asks.

    Mends (safe): adds -y.
    """
    yield from _unanswered(stage, (table.DNF,), "assumeyes", "-y")


@rule(
    "WD314",
    "zypper-non-interactive-missing",
    "warning",
    covers=("DL3034", "DF043", "kics:missing_zypper_non_interactive_switch"),
    help="add --non-interactive before the verb",
)
def zypper_non_interactive_missing(stage: Stage) -> Iterator[Hit]:
    """zypper asks "Continue?", gets no answer, and aborts the build.

    It asks whenever more than what is named would change.

    Bad:
        FROM opensuse/leap:16.0
        RUN zypper install httpd && zypper clean --all

    Good:
        FROM opensuse/leap:16.0
        RUN zypper --non-interactive install httpd && zypper clean --all

    Leaves alone: `-n`, `-y`, `--no-confirm`, `yes |`.

    Mends (safe): adds --non-interactive.
    """
    yield from _unanswered(stage, (table.ZYPPER,), "", "--non-interactive")


@rule("WD346", "pacman-no-confirm-missing", "error", help="add --noconfirm")
def pacman_no_confirm_missing(stage: Stage) -> Iterator[Hit]:
    """pacman asks "Proceed with installation?", gets no answer, and aborts the build.

    Bad:
        FROM archlinux:base
        RUN pacman -Syu nginx && pacman -Scc --noconfirm

    Good:
        FROM archlinux:base
        RUN pacman -Syu --noconfirm nginx && pacman -Scc --noconfirm

    Leaves alone: `yes |`; conda and mamba, which take the end of the input for yes.

    Mends (safe): adds --noconfirm.
    """
    yield from _unanswered(stage, (table.PACMAN,), "NoConfirm", "--noconfirm")


# What a distribution's package manager brings, and leaves behind.


@rule(
    "WD304",
    "apt-no-install-recommends",
    "warning",
    covers=(
        "DL3015",
        "DS-0029",
        "DF016",
        "semgrep:missing-no-install-recommends",
        "kics:apt_get_not_avoiding_additional_packages",
        "dockerfilelint:apt-get_recommends",
        "ER0010",
    ),
    help="add --no-install-recommends",
)
def apt_no_install_recommends(stage: Stage) -> Iterator[Hit]:
    """apt also installs what its packages merely recommend.

    What a package recommends is often larger than the package, and every byte of it is one more thing to patch. A package that is
    really needed (ca-certificates with curl, for one) is better named.

    Bad:
        RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*

    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl && rm -rf /var/lib/apt/lists/*

    Leaves alone: stages that do not ship; `--install-recommends`, which is a decision; `-o APT::Install-Recommends=false`; a
    configuration file that the build writes or copies; installs of .deb files only; simulations and downloads.

    Mends (unsafe): adds `--no-install-recommends`: what was only recommended may be needed all the same, ca-certificates for one.
    """
    if not stage.ships:
        return
    for call in calls(stage):
        if call.manager is not table.APT or call.verb not in ("install", "satisfy") or changes_nothing(call):
            continue
        command = call.command
        if command.has("--no-install-recommends", "--install-recommends", "--without-recommends") or not names_packages(call):
            continue
        if any("Install-Recommends" in word.value for word in command.arguments) or caches.mentions(stage, "Install-Recommends"):
            continue
        copied = _copied_setting(stage, table.APT, "Install-Recommends")
        if not copied:
            yield Hit(
                call.where,
                "also installs what the packages merely recommend",
                f"write {command.name} {call.verb} --no-install-recommends",
                confidence="low" if copied is None else "",
            )


@rule(
    "WD315",
    "apt-lists-left",
    "warning",
    covers=(
        "DL3009",
        "DF004",
        "semgrep:remove-package-cache",
        "semgrep:remove-package-lists",
        "kics:apt_get_install_lists_were_not_deleted",
        "dockerfilelint:apt-get_missing_rm",
        "ER0002",
        "DKL-DI-0005",
    ),
    help="end the RUN with: && rm -rf /var/lib/apt/lists/*",
)
def apt_lists_left(stage: Stage) -> Iterator[Hit]:
    """The package index of apt stays in the layer.

    `apt-get update` fetches some 20 MB (Debian) to 40 MB (Ubuntu) that are old within a day. Only the same RUN can get rid of them; a
    cache mount keeps them for the next build instead. `apt-get clean` does not remove them, and the .deb files that it does remove
    are removed already by the images of Debian and Ubuntu.

    Bad:
        RUN apt-get update && apt-get install -y --no-install-recommends curl

    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*

    Leaves alone: stages that do not ship; cache and tmpfs mounts over the lists; `apt-get dist-clean`; clean-up scripts and functions.

    Mends (safe or unsafe): ends the RUN with the deletion, where root runs it and no later RUN of the stage, or of one that is FROM it,
    installs without an update; unsafe where a later one calls a program whose inside cannot be seen.
    """
    for call in caches.left_behind(stage, (table.APT,), ("update",), ("dist-clean", "distclean")):
        yield Hit(call.where, "leaves the package index in /var/lib/apt/lists in the layer")


_HARMLESS = frozenset(
    "true : set echo printf export cat tee sed rm mkdir cp mv ln chmod chown touch test [ grep sleep date dpkg apt-key"
    " add-apt-repository apt-add-repository gpg apt-config dpkg-reconfigure locale-gen update-ca-certificates head tail awk"
    " cut sort env which command ls unset".split()
)


@rule(
    "WD316",
    "package-index-update-alone",
    "warning",
    covers=(
        "DS-0017",
        "CKV_DOCKER_5",
        "DF028",
        "kics:update_instruction_alone",
        "dockerfilelint:apt-get-update_require_install",
        "CIS-DI-0007",
    ),
    help="put it before the install, in the same RUN",
)
def package_index_update_alone(stage: Stage) -> Iterator[Hit]:
    """The package index is fetched in a RUN of its own.

    Its layer stays in the build cache until the line itself changes. An install in a later RUN then works with an index that may be
    months old, and fails on, or installs, versions that are gone or unpatched.

    Bad:
        RUN apt-get update
        RUN apt-get install -y --no-install-recommends curl

    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*

    Leaves alone: a RUN that also upgrades, or that runs something whose inside cannot be seen; cache mounts over the index.

    Mends (safe): makes the update the first step of the next instruction, where that is a RUN that installs and all of its steps are
    joined by &&; leaves out an `apk update` where each install behind it has --no-cache.
    """
    for call in calls(stage):
        instruction = call.command.instruction
        if call.action != "update" or instruction is None:
            continue
        if any(caches.mount_over(instruction, folder) for folder in call.manager.lists):
            continue
        if all(other.name in _HARMLESS or _only_tidies(other) for other in instruction.commands if other.name):
            yield _update_alone(stage, call, instruction)


def _only_tidies(command: Command) -> bool:
    call = read(command)
    return call is not None and call.action in ("update", "clean", "remove", "")


def _update_alone(stage: Stage, call: Call, instruction: Instruction) -> Hit:
    said, fetches_anew = "fetches the package index in a layer of its own", 0
    for other in calls(stage):
        where, line = other.command.instruction, other.where.span.line
        if other.manager is call.manager and where is not None and where.line > instruction.line:
            if other.action == "update":
                break
            if other.action == "install" and not caches.uncached(other):
                return Hit(call.where, f"{said}: line {line} installs from what the build cache has kept")
            fetches_anew = fetches_anew or (line if other.action == "install" else 0)
    if fetches_anew:
        said += f", and line {fetches_anew} fetches it anew"
        return Hit(call.where, said, "leave it out: apk add --no-cache fetches the index itself")
    return Hit(call.where, f"{said}, where nothing uses it", "leave it out, or put it before the install that wants it, in the same RUN")


@rule(
    "WD347",
    "apt-install-without-index",
    "error",
    help="put apt-get update && before it",
)
def apt_install_without_index(stage: Stage) -> Iterator[Hit]:
    """apt has no package index to install from.

    The images of Debian and Ubuntu come without one, and a RUN that ends with `rm -rf /var/lib/apt/lists/*` leaves none to the next.
    apt then says "Unable to locate package", and the build ends.

    Bad:
        RUN apt-get install -y --no-install-recommends curl

    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*

    Leaves alone: base images that are not known to be without an index; .deb files; what comes behind a script or program whose inside
    cannot be seen; apt called in a branch or a loop.
    """
    if (
        stage.image.family not in ("debian", "ubuntu")
        or caches.base_varies(stage)
        or not any(call.manager is table.APT for call in calls(stage))
    ):
        return
    present = False
    if any(copy.destination is not None and _is_lists(copy.destination.value) for link in stage.chain() for copy in link.of("COPY", "ADD")):
        return
    for instruction in caches.chain_runs(stage):
        if any(caches.mount_over(instruction, folder) for folder in table.APT.lists) or any(map(_is_lists, _targets(instruction))):
            return
        for command in instruction.commands:
            call = read(command)
            if call is None or call.manager is not table.APT:
                if command.name not in _HARMLESS and _may_update(command):
                    return
                if caches.removes(command, *table.APT.lists):
                    present = False
                elif command.name in ("add-apt-repository", "apt-add-repository") and not command.has("-n", "--no-update"):
                    present = True  # it updates
            elif refreshes(call):
                present = True
            elif call.verb in ("dist-clean", "distclean"):
                present = False
            elif call.verb == "install" and not present and not command.within and names_packages(call):
                if instruction.stage is stage and not changes_nothing(call):
                    yield Hit(call.where, "there is no package index here: apt-get update has not run, or its lists are gone again")
                present = True


def _is_lists(path: str) -> bool:
    return caches.holds("/var/lib/apt", path) or path.rstrip("/") in ("/var/lib", "/var")


def _targets(instruction: Instruction) -> Iterator[str]:
    """Where a RUN has something else of the build bound."""
    return (mount.target for mount in instruction.mounts if mount.type in ("", "bind"))


def _may_update(command: Command) -> bool:
    """Whether the command may run apt-get update somewhere inside: a script, a shell that is fed, a program of the project."""
    first = command.words[0].value if command.words else ""
    return (
        command.name in ("sh", "bash", "dash", "python", "python3", "perl", "make", "ansible-playbook", "npx", "source", ".", "eval")
        or "/" in first
        or "$" in first
        or command.name.endswith((".sh", ".py"))
        or "install" in command.name
        or "setup" in command.name
        or "update" in command.name
    )


@rule(
    "WD317",
    "system-upgrade",
    "info",
    covers=(
        "DL3005",
        "DL3017",
        "DL3031",
        "DL3039",
        "DS-0024",
        "semgrep:avoid-apt-get-upgrade",
        "semgrep:avoid-apk-upgrade",
        "semgrep:avoid-yum-update",
        "semgrep:avoid-dnf-update",
        "kics:run_using_upgrade_commands",
        "kics:use_of_apk_upgrade",
        "kics:yum_update_disabled",
        "kics:run_using_dnf_update",
        "dockerfilelint:apt-get-upgrade",
        "dockerfilelint:apt-get-dist-upgrade",
        "ER0006",
        "DKL-DI-0003",
    ),
    default=False,
    help="use a newer base image, pinned by digest",
)
def system_upgrade(stage: Stage) -> Iterator[Hit]:
    """Every package of the base image is upgraded.

    Off by default, for it is contested: it brings fixes that the base image does not have yet, but stores a second copy of every upgraded
    package, differs from day to day, and is skipped by the build cache just when a fix comes out. A fresh base image does it better.

    Bad:
        RUN apt-get update && apt-get upgrade -y && rm -rf /var/lib/apt/lists/*

    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends --only-upgrade openssl && rm -rf /var/lib/apt/lists/*

    Leaves alone: upgrades of packages that are named; stages that do not ship.
    """
    if stage.ships:
        for call in calls(stage):
            if call.manager.system and call.manager is not table.ZYPPER and call.action == "upgrade" and not call.packages:
                yield Hit(call.where, f"{call.command.name} {call.verb} upgrades every package of the base image")


@rule(
    "WD318",
    "zypper-upgrade",
    "info",
    covers=("DL3035", "DF044", "semgrep:avoid-zypper-update", "kics:run_using_zypper_update"),
    default=False,
    help="use a newer base image, pinned by digest",
)
def zypper_upgrade(stage: Stage) -> Iterator[Hit]:
    """zypper upgrades every package of the base image.

    Off by default: see WD317.

    Bad:
        FROM opensuse/leap:16.0
        RUN zypper --non-interactive dist-upgrade && zypper clean --all

    Good:
        FROM opensuse/leap:16.0
        RUN zypper --non-interactive install httpd && zypper clean --all

    Leaves alone: upgrades of packages that are named; stages that do not ship.
    """
    if stage.ships:
        for call in calls(stage):
            if call.manager is table.ZYPPER and call.action == "upgrade" and not call.packages:
                yield Hit(call.where, f"zypper {call.verb} upgrades every package of the base image")


@rule(
    "WD319",
    "apt-in-script",
    "warning",
    covers=("DL3027", "CKV_DOCKER_9", "DF059", "semgrep:prefer-apt-get", "kics:run_using_apt", "ER0006"),
    help="use apt-get, or apt-cache",
)
def apt_in_script(stage: Stage) -> Iterator[Hit]:
    """`apt` is made for people, and says itself that its command line is not stable.

    "WARNING: apt does not have a stable CLI interface. Use with caution in scripts." apt-get takes the same verbs and stays the same.

    Bad:
        RUN apt update && apt install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*

    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*

    Leaves alone: Linux Mint's and other programs called apt that a path names; CMD and ENTRYPOINT, where a person may want it.

    Mends (safe): writes apt-get or apt-cache in the whole RUN, where each verb has its like there.
    """
    seen: set[int] = set()
    for command in stage.calls("apt"):
        instruction = command.instruction
        call = read(command)
        if instruction is None or call is None or not command.words or instruction.line in seen:
            continue
        seen.add(instruction.line)  # one word of advice a RUN
        better = "apt-cache" if call.verb in ("search", "show", "policy", "depends", "rdepends") else "apt-get"
        instead = "dpkg-query -W" if call.verb == "list" else f"{better} {call.verb}".rstrip()
        yield Hit(command.words[0], f"apt has no stable command line; {instead.partition(' ')[0]} has", f"write {instead}")


@rule(
    "WD320",
    "apk-cache-left",
    "warning",
    covers=(
        "DL3019",
        "DS-0025",
        "DF029",
        "DF004",
        "semgrep:missing-apk-no-cache",
        "kics:apk_add_using_local_cache_path",
        "dockerfilelint:apkadd-missing_nocache_or_updaterm",
        "ER0011",
        "DKL-DI-0004",
    ),
    help="add --no-cache",
)
def apk_cache_left(stage: Stage) -> Iterator[Hit]:
    """The package index of apk stays in the layer.

    It is some 2 to 3 MB, a good part of what Alpine itself weighs (8 MB). `--no-cache` fetches it for this one command and stores
    nothing; it makes `apk update` before it needless, too.

    Bad:
        FROM alpine:3.24
        RUN apk add curl

    Good:
        FROM alpine:3.24
        RUN apk add --no-cache curl

    Leaves alone: stages that do not ship; a mount over /var/cache/apk; `rm -rf /var/cache/apk/*` behind it in the same RUN.

    Mends (safe): adds --no-cache to each apk of the RUN, in the place of --update, and leaves out the update before it; not for Alpine
    before 3.3, nor where a later apk needs the index: to search it, or in an old or unknown Alpine.
    """
    for call in caches.left_behind(stage, (table.APK,), ("install", "update", "upgrade")):
        filling = _first_filling(call)
        if filling is not None:
            what = "leaves" if filling.action != "update" else "fetches and leaves"
            yield Hit(
                filling.where,
                f"apk {filling.verb} {what} the package index in /var/cache/apk in the layer",
                "remove it: apk add --no-cache fetches the index itself"
                if filling.action == "update"
                else f"write apk {filling.verb} --no-cache",
            )


def _first_filling(last: Call) -> Call | None:
    """The first apk call of the RUN that stores the index."""
    instruction = last.command.instruction
    for command in instruction.commands if instruction else ():
        call = read(command)
        stores = call is not None and call.manager is table.APK and call.action in ("install", "update", "upgrade")
        if stores and call is not None and not caches.uncached(call) and not command.has("-p", "--root", "--no-network"):
            return call
    return None


@rule(
    "WD321",
    "apk-del-without-virtual",
    "style",
    covers=("dockerfilelint:apkadd-missing-virtual",),
    help="name the group with apk add --virtual .build-deps …, and remove that: apk del .build-deps",
)
def apk_del_without_virtual(stage: Stage) -> Iterator[Hit]:
    """Packages are added and removed again by name, in the same RUN.

    The two lists drift apart. `--virtual` gives the group a name that is removed as one, and never takes with it what something else
    needs.

    Bad:
        FROM alpine:3.24
        RUN apk add --no-cache gcc musl-dev && cc --version && apk del gcc musl-dev

    Good:
        FROM alpine:3.24
        RUN apk add --no-cache --virtual .build-deps gcc musl-dev && cc --version && apk del .build-deps

    Leaves alone: removals of what the base image brought, and of a single package.
    """
    for call in calls(stage):
        instruction = call.command.instruction
        if call.manager is not table.APK or call.action != "remove" or instruction is None or len(call.packages) < 2:
            continue
        added = [
            name
            for command in instruction.commands[: call.command.index]
            if command.name == "apk" and not command.has("-t", "--virtual")
            for name in installed(command)
        ]
        both = [name for _, name in named(call) if name in added]
        if len(both) > 1:
            yield Hit(call.where, f"removes {listed(both)} by name, which the same RUN adds")


@rule(
    "WD322",
    "yum-cache-left",
    "warning",
    covers=("DL3032", "DS-0015", "DF047", "DF004", "kics:yum_clean_all_missing"),
    help="end the RUN with: && yum clean all",
)
def yum_cache_left(stage: Stage) -> Iterator[Hit]:
    """yum's metadata stays in the layer.

    It is tens of megabytes, old within days; only the same RUN can get rid of it.

    Bad:
        FROM registry.access.redhat.com/ubi9/ubi:9.7
        RUN yum install -y httpd

    Good:
        FROM registry.access.redhat.com/ubi9/ubi:9.7
        RUN yum install -y httpd && yum clean all

    Leaves alone: stages that do not ship; a mount over /var/cache/yum or /var/cache/dnf; `rm -rf` of them; `--installroot`.

    Mends (safe): ends the RUN with `yum clean all`, where root runs it and the manager is still there.
    """
    yield from _rpm_cache_left(stage, table.YUM)


@rule(
    "WD323",
    "dnf-cache-left",
    "warning",
    covers=("DL3040", "DS-0019", "DF046", "semgrep:missing-dnf-clean-all", "kics:missing_dnf_clean_all"),
    help="end the RUN with: && dnf clean all",
)
def dnf_cache_left(stage: Stage) -> Iterator[Hit]:
    """dnf's metadata stays in the layer.

    It is tens of megabytes (Fedora: over 100 MB), old within days; only the same RUN can get rid of it.

    Bad:
        FROM fedora:43
        RUN dnf install -y httpd

    Good:
        FROM fedora:43
        RUN dnf install -y httpd && dnf clean all

    Leaves alone: stages that do not ship; a mount over /var/cache/libdnf5 or /var/cache/dnf; `rm -rf` of them; `--installroot`.

    Mends (safe): ends the RUN with `dnf clean all`, where root runs it and the manager is still there.
    """
    yield from _rpm_cache_left(stage, table.DNF)


@rule("WD324", "microdnf-cache-left", "warning", covers=("DS-0027",), help="end the RUN with: && microdnf clean all")
def microdnf_cache_left(stage: Stage) -> Iterator[Hit]:
    """microdnf's metadata stays in the layer.

    It is tens of megabytes, old within days; only the same RUN can get rid of it.

    Bad:
        FROM registry.access.redhat.com/ubi9/ubi-minimal:9.7
        RUN microdnf install -y httpd

    Good:
        FROM registry.access.redhat.com/ubi9/ubi-minimal:9.7
        RUN microdnf install -y httpd && microdnf clean all

    Leaves alone: stages that do not ship; a mount over /var/cache/yum or /var/cache/dnf; `rm -rf` of them; `--installroot`.

    Mends (safe): ends the RUN with `microdnf clean all`, where root runs it and the manager is still there.
    """
    yield from _rpm_cache_left(stage, table.MICRODNF)


def _rpm_cache_left(stage: Stage, manager: Manager) -> Iterator[Hit]:
    for call in caches.left_behind(stage, _RPM, ("install", "update", "upgrade")):
        if call.manager is manager and not call.command.has("--installroot") and call.verb != "module enable":
            yield Hit(
                call.where,
                f"leaves {call.command.name}'s metadata in /var/cache in the layer",
                f"end the RUN with: && {call.command.name} clean all",
            )


@rule(
    "WD325",
    "zypper-cache-left",
    "warning",
    covers=("DL3036", "DS-0020", "DF045", "semgrep:missing-zypper-clean", "kics:missing_zypper_clean"),
    help="end the RUN with: && zypper clean --all",
)
def zypper_cache_left(stage: Stage) -> Iterator[Hit]:
    """zypper's metadata stays in the layer.

    Bad:
        FROM opensuse/leap:16.0
        RUN zypper --non-interactive install httpd

    Good:
        FROM opensuse/leap:16.0
        RUN zypper --non-interactive install httpd && zypper clean --all

    Leaves alone: stages that do not ship; a mount over /var/cache/zypp; `rm -rf` of it.

    Mends (safe): ends the RUN with `zypper clean --all`, where root runs it and the manager is still there.
    """
    for call in caches.left_behind(stage, (table.ZYPPER,), ("install", "update", "upgrade")):
        yield Hit(call.where, "leaves zypper's metadata in /var/cache/zypp in the layer")


@rule("WD349", "pacman-cache-left", "warning", help="end the RUN with: && rm -rf /var/cache/pacman/pkg/*")
def pacman_cache_left(stage: Stage) -> Iterator[Hit]:
    """pacman keeps every package that it downloaded in the layer.

    `pacman -Scc --noconfirm` keeps them too: it asks whether to remove all, and the usual answer, which --noconfirm takes, is no.

    Bad:
        FROM archlinux:base
        RUN pacman -Syu --noconfirm git

    Good:
        FROM archlinux:base
        RUN pacman -Syu --noconfirm git && rm -rf /var/cache/pacman/pkg/*

    Leaves alone: stages that do not ship; a mount over /var/cache/pacman/pkg; `rm -rf` of it and `pacman -Sc` in the same RUN.
    """
    for call in caches.left_behind(stage, (table.PACMAN,), ("install", "update", "upgrade")):
        yield Hit(call.where, "leaves what it downloaded in /var/cache/pacman/pkg in the layer")


@rule("WD350", "pacman-partial-upgrade", "warning")
def pacman_partial_upgrade(stage: Stage) -> Iterator[Hit]:
    """pacman installs a package of today into a system of another day.

    -Sy fetches today's index and upgrades nothing: the new package is linked with libraries that are not there. Arch Linux supports whole
    upgrades only (its wiki, "System maintenance").

    Bad:
        FROM archlinux:base
        RUN pacman -Sy --noconfirm git && rm -rf /var/cache/pacman/pkg/*

    Good:
        FROM archlinux:base
        RUN pacman -Syu --noconfirm git && rm -rf /var/cache/pacman/pkg/*

    Leaves alone: -Sy alone, of the keyring, and with an upgrade in the same RUN.
    """
    for command in stage.calls("pacman"):
        word = next((word for word in command.arguments if re.fullmatch(r"-S[a-z]*y[a-z]*", word.value)), None)
        packages = [each.value for each in command.operands()]
        run = command.instruction
        if word is None or run is None or all("keyring" in each for each in packages):
            continue
        if not any(re.match(r"-S[a-z]*u", other.value) for each in run.commands if each.name == "pacman" for other in each.arguments):
            yield Hit(word, f"pacman {word.value} installs {packages[0]} without upgrading what it needs", f"write {word.value}u")


# Taste, and what does not exist: WD340, WD341, WD348.


@rule("WD340", "packages-not-sorted", "style", covers=("tally/sort-packages",), default=False, help="sort them")
def packages_not_sorted(stage: Stage) -> Iterator[Hit]:
    """The packages of an install are in no order.

    Off by default: taste. Sorted lists show duplicates, and make smaller diffs.

    Bad:
        RUN apt-get update && apt-get install -y --no-install-recommends git curl && rm -rf /var/lib/apt/lists/*

    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends curl git && rm -rf /var/lib/apt/lists/*

    Leaves alone: lists with variables, options in between or a note in their order that a comment explains.
    """
    for call in calls(stage):
        if call.action == "install" and len(call.packages) > 1 and all(word.literal for word in call.packages):
            names = [word.value.lower() for word in call.packages]
            for word, name, following in zip(call.packages[1:], names, names[1:], strict=False):
                if following < name:
                    yield Hit(word, f"{word.value} comes behind {name} in the list of packages")
                    break


@rule("WD348", "package-manager-not-there", "error", help="use the package manager of the base image")
def package_manager_not_there(stage: Stage) -> Iterator[Hit]:
    """The base image has another package manager, or none.

    The build ends with "not found".

    Bad:
        FROM alpine:3.24
        RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*

    Good:
        FROM alpine:3.24
        RUN apk add --no-cache curl

    Leaves alone: base images that are not known; calls in a branch, behind `||` or before it; what the build installs or copies itself.
    """
    seen: set[str] = set()
    if caches.base_varies(stage):
        return
    for call in calls(stage):
        command, instruction = call.command, call.command.instruction
        if not call.manager.system or command.within or command.before == "||" or command.after == "||" or command.name in seen:
            continue
        if instruction is None or any(command.name in brings(other) for other in instruction.commands[: command.index]):
            continue
        seen.add(command.name)
        if stage.has_tool(command.name, instruction) is False:
            there = stage.image.package_manager
            yield Hit(
                command.words[0],
                f"{command.name} is not in {image_title(stage)}",
                f"it has {there}"
                if there not in ("", "none")
                else "it has no package manager: install in a builder stage, and copy the result",
            )
