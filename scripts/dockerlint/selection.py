"""Which rules run: the names that people write, resolved to codes.

A name is a code (`WD304`), the beginning of one (`WD3`), a slug, a glob over these, `all`, `default`, or a peer's id that a rule
covers (`DL3015`, `JSONArgsRecommended`, `CKV_DOCKER_3`, `DS-0002`). ShellCheck's codes (`SC2086`) stand for themselves. Case does
not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dockerlint.errors import Failure

EVERY_SHELLCHECK = "sc*"
"""The glob for all of ShellCheck's codes."""

TRANSPARENT_PREFIXES = ("tally/hadolint/", "tally/buildkit/", "hadolint/", "buildkit/", "shellcheck/", "avd-")
"""What peers put before an id that is also known without it."""


class Layer(NamedTuple):
    """What one place (a configuration file, the command line) says about which rules run."""

    select: tuple[str, ...] | None = None
    """Only these, whatever the layers below say; None: as below."""
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


class Meaning(NamedTuple):
    """What a name stands for."""

    codes: frozenset[str]
    shellcheck: str
    """A glob over ShellCheck's codes, "" for none."""
    precision: int
    """0 everything, 1 a group, 2 one check: of two names that disagree the more precise wins."""

    @property
    def empty(self) -> bool:
        return not self.codes and not self.shellcheck

    def includes(self, code: str) -> bool:
        """Whether a finding with this code is meant."""
        return code in self.codes or (bool(self.shellcheck) and is_shellcheck(code) and _matches(code.lower(), self.shellcheck))


class Selection:
    """What may be reported: `rules` are the codes of the rules to run, `allows` also answers for ShellCheck's codes."""

    __slots__ = ("_shellcheck", "rules")

    def __init__(self, rules: frozenset[str], shellcheck: tuple[tuple[str, bool], ...]) -> None:
        self.rules = rules
        self._shellcheck = shellcheck

    @property
    def shellcheck(self) -> bool:
        """Whether any of ShellCheck's codes may be reported."""
        wanted = False
        for pattern, on in self._shellcheck:
            wanted = on if pattern == EVERY_SHELLCHECK else wanted or on
        return wanted

    def allows(self, code: str) -> bool:
        """Whether a finding with this code may be reported."""
        if code in self.rules:
            return True
        if not is_shellcheck(code):
            return False
        return next((on for pattern, on in reversed(self._shellcheck) if _matches(code.lower(), pattern)), False)

    def without(self, names: Iterable[str]) -> Selection:
        """This selection less what these names stand for."""
        meanings = [meaning(name) for name in names]
        return Selection(
            self.rules.difference(*(each.codes for each in meanings)),
            self._shellcheck + tuple((each.shellcheck, False) for each in meanings if each.shellcheck),
        )


def is_shellcheck(code: str) -> bool:
    """Whether this is one of ShellCheck's codes: SC and four digits."""
    return len(code) == 6 and code[:2].upper() == "SC" and code[2:].isdigit()


def resolve(*layers: Layer) -> Selection:
    """The selection that these layers make, each over the ones before it, the default set at the bottom.

    Raises Failure for a name that nobody knows, and for one selected that no rule covers.
    """
    start = meaning("default")
    rules, shellcheck = set(start.codes), [(start.shellcheck, True)]
    for layer in layers:
        if layer.select is not None:
            rules, shellcheck = set(), []
        wanted = [selected(name) for name in (*(layer.select or ()), *layer.extend_select)]
        unwanted = [ignored(name) for name in layer.ignore]
        for precision in range(3):
            for each in (each for each in wanted if each.precision == precision):
                rules |= each.codes
                shellcheck += [(each.shellcheck, True)] if each.shellcheck else []
            for each in (each for each in unwanted if each.precision == precision):
                rules -= each.codes
                shellcheck += [(each.shellcheck, False)] if each.shellcheck else []
    return Selection(frozenset(rules), tuple(shellcheck))


def selected(name: str) -> Meaning:
    """What a name stands for where only something that exists will do; raises Failure otherwise."""
    found = meaning(name)
    if found.empty:
        raise Failure(_why_not(name))
    return found


def ignored(name: str) -> Meaning:
    """What a name stands for where a peer's check that no rule covers is as good as ignored; raises Failure for an unknown name."""
    found = meaning(name)
    if found.empty and not is_peers(name):
        raise Failure(_why_not(name))
    return found


def meaning(name: str) -> Meaning:
    """What a name stands for; empty where nothing has this name."""
    from dockerlint.rules import load

    rules = load()
    key = normalise(name)
    if key in ("all", "*"):
        return Meaning(frozenset(rules), EVERY_SHELLCHECK, 0)
    if key == "default":
        return Meaning(frozenset(code for code, rule in rules.items() if rule.default), EVERY_SHELLCHECK, 0)
    if is_shellcheck(key):
        return Meaning(frozenset(), key, 2)
    if key in ("shellcheck", "tally/shellcheck"):
        key = EVERY_SHELLCHECK
    names = _names()
    if key.startswith("sc") and all(character in "0123456789*?[]-!" for character in key[2:]):
        pattern = key if is_glob(key) else key + "*"
        return Meaning(frozenset(names.get(key, ())), pattern, 1)
    if key in names:
        return Meaning(frozenset(names[key]), "", 2)
    if is_glob(key):
        codes = frozenset(code for known, covering in names.items() if _matches(known, key) for code in covering)
        return Meaning(codes, "", 1)
    if key.startswith("wd"):
        return Meaning(frozenset(code for code in rules if code.lower().startswith(key)), "", 1)
    return Meaning(frozenset(), "", 2)


def normalise(name: str) -> str:
    """A name as the index has it: lower case, without the prefixes that say nothing."""
    key = name.strip().lower()
    for prefix in TRANSPARENT_PREFIXES:
        key = key.removeprefix(prefix)
    if len(key) == 5 and key.startswith("ds") and key[2:].isdigit():
        return f"ds-0{key[2:]}"  # trivy's ids before 2022: DS002
    return key


def is_peers(name: str) -> bool:
    """Whether some peer has, or had, a check of this name."""
    from dockerlint.knowledge import peers

    key = normalise(name)
    return any(key == normalise(known) for _, known in _peers()) or any(
        key.startswith(prefix) and key.removeprefix(prefix).isdigit() for prefix in peers.NUMBERED
    )


_index: dict[str, list[str]] = {}


def _names() -> dict[str, list[str]]:
    """Every name in lower case, with the codes it stands for."""
    from dockerlint.rules import load

    if not _index:
        for code, rule in load().items():
            for name in {normalise(name) for name in (code, rule.slug, *rule.covers)}:
                _index.setdefault(name, []).append(code)
    return _index


def _peers() -> Iterator[tuple[int, str]]:
    from dockerlint.knowledge import peers

    for group in peers.GROUPS:
        for name in group.ids:
            yield group.number, name
    for name, number in peers.FURTHER.items():
        yield number, name


def _matches(key: str, pattern: str) -> bool:
    if not is_glob(pattern):
        return key == pattern
    if pattern[-1] == "*" and not is_glob(pattern[:-1]):
        return key.startswith(pattern[:-1])
    from fnmatch import fnmatchcase

    return fnmatchcase(key, pattern)


def is_glob(name: str) -> bool:
    """Whether a name has a character that stands for others."""
    return "*" in name or "?" in name or "[" in name


def _why_not(name: str) -> str:
    """Why a name selects nothing, and what to write instead."""
    from dockerlint.knowledge import peers

    key = normalise(name)
    for number, known in _peers():
        if key == normalise(known):
            reason = peers.ELSEWHERE.get(number) or peers.NONE.get(number, "")
            return f"no rule covers {known}" + (f": {reason}" if reason else "")
    from difflib import get_close_matches

    from dockerlint.rules import load

    spelled = {normalise(known): known for _, known in _peers()}
    spelled |= {normalise(known): known for code, rule in load().items() for known in (code, rule.slug, *rule.covers)}
    close = get_close_matches(key, spelled, n=1, cutoff=0.6)
    hint = f"did you mean {spelled[close[0]]}?" if close else "--list-rules shows all of them"
    return f"no rule is called {name!r}; {hint}"
