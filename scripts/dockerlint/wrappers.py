"""Commands that run the command or the script which they are given: sudo, env, sh -c, find -exec and their like."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from dockerlint.shellwords import is_assignment
from dockerlint.text import Word

SHELLS = frozenset(("sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "rbash"))
# Commands that run the command given as their arguments: the options that take the next word, and how many words come before the command.
WRAPPERS: dict[str, tuple[frozenset[str], int]] = {
    name: (frozenset(options.split()), operands)
    for name, options, operands in (
        ("sudo", "-u -g -h -p -C -D -R -T -U -r -t --user --group --host --prompt --chdir --chroot --role --type", 0),
        ("doas", "-u -C", 0),
        ("env", "-u -C -S --unset --chdir --split-string", 0),
        ("exec", "-a", 0),
        ("command", "", 0),
        ("builtin", "", 0),
        ("busybox", "", 0),
        ("nice", "-n --adjustment", 0),
        ("ionice", "-c -n -p -P -u --class --classdata", 0),
        ("time", "-f -o --format --output", 0),
        ("timeout", "-s -k --signal --kill-after", 1),
        ("nohup", "", 0),
        ("setsid", "", 0),
        ("stdbuf", "-i -o -e --input --output --error", 0),
        ("xargs", "-a -d -E -I -L -n -P -s --arg-file --delimiter --max-args --max-lines --max-procs --max-chars --replace", 0),
        ("gosu", "", 1),
        ("su-exec", "", 1),
        ("setpriv", "--reuid --regid --groups --inh-caps --ambient-caps --bounding-set", 0),
        ("runuser", "-u -g -G --user --group --supp-group", 0),
        ("chroot", "", 1),
        ("flock", "-w -E --timeout --conflict-exit-code", 1),
        ("tini", "-p -e", 0),
        ("dumb-init", "-r --rewrite", 0),
        ("fakeroot", "", 0),
        ("eatmydata", "", 0),
        ("xvfb-run", "-e -f -n -p -s -w --error-file --auth-file --server-num --server-args --wait", 0),
    )
}
OUTER = frozenset((*WRAPPERS, *SHELLS, "su", "eval", "trap", "find"))
TAKE_ASSIGNMENTS = frozenset(("env", "sudo", "doas"))


def takes_next(option: str, valued: Container[str]) -> bool:
    """Whether an option takes the next word; in a cluster only its last letter can, and none behind a letter that took the rest."""
    if option in valued:
        return True
    if option[1] != "-":
        for position, letter in enumerate(option[1:], 2):
            if f"-{letter}" in valued:
                return position == len(option)
    return False


def wrapped_index(name: str, words: Sequence[Word]) -> int:
    """Where the command begins in the words of one that wraps it; their number or more where there is none."""
    valued, operands = WRAPPERS[name]
    index = 1
    while index < len(words):
        value = words[index].value
        if value == "--":
            index += 1
            break
        if value[:1] == "-" and value != "-":
            if name == "command" and value in ("-v", "-V"):
                return len(words)
            index += 1 + takes_next(value, valued)
        elif name in TAKE_ASSIGNMENTS and is_assignment(value):
            index += 1
        else:
            break
    return index + operands


def find_actions(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    start = 0
    for index, word in enumerate(words):
        if start:
            if word.value == ";" or (word.value == "+" and words[index - 1].value == "{}"):
                if index > start:
                    yield start, index
                start = 0
        elif word.value in ("-exec", "-execdir", "-ok", "-okdir"):
            start = index + 1


def script_words(name: str, words: Sequence[Word]) -> Sequence[Word]:
    """The arguments that are a script: of `sh -c`, `su -c`, `eval`, `trap`."""
    if name == "eval":
        return words[1:]
    if name == "trap":
        return [word for word in words[1:2] if word.value[:1] != "-"]
    index, found = 1, False
    while index < len(words):
        value = words[index].value
        if name in SHELLS:
            if value[:1] not in ("-", "+") or len(value) < 2:
                return words[index : index + 1] if found else ()
            found = found or (value[0] == "-" != value[1] and "c" in value)
            index += 1 + (value[-1] in "oO" or value in ("--rcfile", "--init-file"))
        elif name in ("su", "runuser"):
            index += 1
            if value in ("--command", "--session-command") or (value[:1] == "-" and value[1:].isalpha() and value[-1] == "c"):
                return words[index : index + 1]
        else:
            break
    return ()
