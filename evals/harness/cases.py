"""Cases: what stands in `evals/NAME/`, read strictly. Whatever breaks the schema is refused with one sentence (CaseError)."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from harness.facts import FACTS
from imageproof.checks import BY_NAME as CHECKS
from imageproof.errors import ProofError
from imageproof.spec import fields_of

EVALS = Path(__file__).resolve().parents[1]
ROOT = EVALS.parent
"""The skill: the folder above `evals/`."""
EXPECT, PROMPT, WORKSPACE = "expect.json", "prompt.md", "workspace"
KINDS = ("write", "repair", "optimise", "tool", "facts", "keep", "trigger")
SUBJECTS = ("fact", "finding", "proof", "file", "answer")
AT_LEAST = ("error", "warning", "info", "style")
ANY = "*"
_OF_KIND = {
    "number": ("equals", "min", "max", "one_of"),
    "text": ("equals", "matches", "contains", "one_of", "exists"),
    "list": ("equals", "matches", "contains", "one_of", "exists", "min", "max"),
    "flag": ("equals",),
    "file": ("exists", "unchanged", "ignored", "matches", "contains"),
}
"""Which comparisons a fact of each kind, or a file, can stand."""
_EQUAL = {"number": (int, "a number"), "text": (str, "a text"), "list": (list, "a list"), "flag": (bool, "true or false")}
_VALUES: Mapping[str, tuple[type, str]] = {
    "min": (int, "a whole number"),
    "max": (int, "a whole number"),
    "matches": (str, "a regular expression"),
    "contains": (str, "a text"),
    "one_of": (list, "a list"),
    "exists": (bool, "true or false"),
    "unchanged": (bool, "true or false"),
    "ignored": (bool, "true or false"),
}
"""What a comparison compares with; `equals` with what the fact is."""
COMPARISONS = ("equals", *_VALUES)
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_FRONT_KEYS = frozenset(
    "name description tags plugins runs model max_turns timeout_seconds allowed_tools append_system_prompt env".split()
)
"""What `claude plugin eval` knows in a prompt's front matter; it refuses all else."""


class CaseError(Exception):
    """A case cannot be used; the message is one sentence: which case, which key, what is allowed."""


class Criterion(NamedTuple):
    """One thing that an answer is judged by."""

    id: str
    text: str
    """What holds when it is met, a sentence for people."""
    subject: str
    """One of SUBJECTS."""
    of: str
    """Which fact, finding or proof, the path of the file, or the regular expression for the answer."""
    comparison: str = ""
    """One of COMPARISONS; nothing where the subject needs none."""
    value: Any = None
    expected: bool = True
    """False: it is met when the comparison, the finding or the match is not there."""
    at_least: str = ANY
    """Of a finding: the mildest severity that counts."""


class Case:
    """One case; `workspace` is the folder of the application, None where it starts from nothing."""

    def __init__(self, folder: Path, document: Mapping[str, Any]) -> None:
        self.folder = folder
        self.name = folder.name
        fields = _Fields(document, f"case {self.name}")
        self.id: int = fields.take("id", int, "a whole number")
        self.kind: str = fields.choose("kind", KINDS)
        self.should_trigger: bool = fields.take("should_trigger", bool, "true or false")
        self.expected_output: str = fields.take("expected_output", str, "a sentence")
        files = fields.table("files", ("dockerfile",))
        self.dockerfile: str = files.take("dockerfile", str, "a path", "Dockerfile")
        files.finish()
        self.workspace = self._workspace(fields.take("workspace", str, "a folder of the bundle", ""))
        made = fields.take("make", (str, list), "a name or a list of names", [])
        self.make: tuple[str, ...] = (made,) if isinstance(made, str) else tuple(map(str, made))
        self.registry: bool = fields.take("registry", bool, "true or false", False)
        """Whether the build wants packages of a private npm registry: one is up for its time."""
        self.proof: Mapping[str, Any] = self._proof(fields.take("proof", dict, "a table", {}))
        criteria = fields.take("criteria", list, "a list")
        fields.finish()
        self.criteria = tuple(self._criteria(criteria))

    @cached_property
    def prompt(self) -> str:
        """What a person asks."""
        return self._prompt_file[1]

    @cached_property
    def front_matter(self) -> Mapping[str, Any]:
        """What `claude plugin eval` reads of it: bounds, tags and so on. Needs PyYAML."""
        try:
            import yaml
        except ImportError:
            raise CaseError("PyYAML is missing, which reads the front matter of prompts: pip install PyYAML") from None
        try:
            found = yaml.safe_load(self._prompt_file[0])
        except yaml.YAMLError as error:
            raise CaseError(f"case {self.name}: the front matter of {PROMPT} is no YAML: {str(error).splitlines()[0]}") from None
        if not isinstance(found, dict) or not found.keys() <= _FRONT_KEYS:
            raise CaseError(f"case {self.name}: the front matter of {PROMPT} may have {', '.join(sorted(_FRONT_KEYS))} and nothing else")
        return found

    @cached_property
    def _prompt_file(self) -> tuple[str, str]:
        try:
            text = (self.folder / PROMPT).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CaseError(f"case {self.name}: cannot read {PROMPT}: {getattr(error, 'strerror', None) or error}") from None
        match = _FRONT_MATTER.match(text)
        if not match or not text[match.end() :].strip():
            raise CaseError(f"case {self.name}: {PROMPT} must have a front matter between two lines ---, and a prompt below it")
        return match[1], text[match.end() :].strip()

    @property
    def proofs(self) -> tuple[str, ...]:
        """The checks that its criteria name, each once."""
        return tuple(dict.fromkeys(each.of for each in self.criteria if each.subject == "proof"))

    def _workspace(self, named: str) -> Path | None:
        own = self.folder / WORKSPACE
        if not named:
            return own if own.is_dir() else None
        if own.is_dir():
            raise CaseError(f"case {self.name}: it has a folder {WORKSPACE} and names another workspace, {named!r}: one of them is wanted")
        path = (ROOT / named).resolve()
        if not path.is_dir() or ROOT not in path.parents:
            raise CaseError(f"case {self.name}: the workspace {named!r} is no folder of the bundle, such as examples/NAME")
        return path

    def _proof(self, options: dict[str, Any]) -> Mapping[str, Any]:
        for key in ("context", "file", "image", "check", "skip"):
            if key in options:
                raise CaseError(f"case {self.name}: proof has {key!r}, which the harness sets")
        try:
            fields = fields_of(options, str(self.folder), f"case {self.name}: proof")
        except ProofError as error:
            raise CaseError(str(error)) from None
        del fields["context"]
        return fields

    def _criteria(self, written: list[Any]) -> Iterator[Criterion]:
        if not written:
            raise CaseError(f"case {self.name}: criteria is empty, and a case that checks nothing proves nothing")
        seen: set[str] = set()
        for number, each in enumerate(written, 1):
            if not isinstance(each, dict):
                raise CaseError(f"case {self.name}: criterion {number} is no table")
            criterion = self._criterion(_Fields(each, f"case {self.name}: criterion {each.get('id') or number}"))
            if criterion.id in seen:
                raise CaseError(f"case {self.name}: two criteria have the id {criterion.id!r}")
            seen.add(criterion.id)
            yield criterion

    def _criterion(self, fields: _Fields) -> Criterion:
        slug = fields.take("id", str, "a short name")
        if not _SLUG.fullmatch(slug):
            fields.refuse("id", "a short name of lower-case words with dashes")
        text = fields.take("text", str, "a sentence")
        subject = fields.one_of(SUBJECTS)
        of = fields.take(subject, str, "a text")
        comparison, value, at_least = "", None, ANY
        if subject in ("fact", "file"):
            kind = "file" if subject == "file" else _known(fields, subject, of, FACTS).kind
            comparison = fields.one_of(COMPARISONS, _OF_KIND[kind])
            value = fields.take(comparison, *(_EQUAL[kind] if comparison == "equals" else _VALUES[comparison]))
            if comparison == "matches":
                _expression(fields, comparison, value)
        elif subject == "proof":
            _known(fields, subject, of, CHECKS)
        elif subject == "finding":
            from dockerlint.rules import load

            rules = load()
            _known(fields, subject, of, [ANY, *rules, *(rule.slug for rule in rules.values())])
            at_least = fields.choose("at_least", AT_LEAST, ANY)
        else:
            _expression(fields, subject, of)
        if comparison == "unchanged" and not (self.workspace and (self.workspace / of).is_file()):
            fields.refuse("file", "a file of the workspace, where it is to stay unchanged")
        expected = True if subject == "proof" or isinstance(value, bool) else fields.take("expected", bool, "true or false", True)
        fields.finish()
        return Criterion(slug, text, subject, of, comparison, value, expected, at_least)


class _Fields:
    """A table of a document, of which every key is asked for once; `what` begins its sentences."""

    def __init__(self, table: Mapping[str, Any], what: str) -> None:
        self._left = dict(table)
        self._known: list[str] = []
        self._what = what

    def take(self, key: str, type_: type | tuple[type, ...], wanted: str, default: Any = None) -> Any:
        """The value of a key, of this type; without a default it must be there."""
        self._known.append(key)
        value = self._left.pop(key, default)
        if not isinstance(value, type_) or (isinstance(value, bool) and type_ is not bool) or value == "" != default:
            self.refuse(key, wanted)
        return value

    def choose(self, key: str, allowed: Collection[str], default: str | None = None) -> str:
        """The value of a key that is one of a closed set."""
        value = self.take(key, str, f"one of {', '.join(allowed)}", default)
        if value not in allowed and value != default:
            self.refuse(key, f"one of {', '.join(allowed)}")
        return str(value)

    def one_of(self, keys: Collection[str], allowed: Collection[str] = ()) -> str:
        """The one key of these that is there."""
        found = [key for key in keys if key in self._left]
        if len(found) != 1 or (allowed and found[0] not in allowed):
            raise CaseError(f"{self._what} must have exactly one of {', '.join(allowed or keys)}, and has {', '.join(found) or 'none'}")
        return found[0]

    def table(self, key: str, keys: Collection[str]) -> _Fields:
        """A table below this one."""
        return _Fields(self.take(key, dict, f"a table with {', '.join(keys)}", {}), f"{self._what}: {key}")

    def refuse(self, key: str, wanted: str) -> None:
        """Raise: the key's value is not what is wanted."""
        raise CaseError(f"{self._what}: {key} must be {wanted}")

    def finish(self) -> None:
        """Raise where a key is left that nobody asked for."""
        if self._left:
            raise CaseError(f"{self._what} has {min(self._left)!r}, which is no key here; there are {', '.join(self._known)}")


def _known(fields: _Fields, key: str, name: str, names: Any) -> Any:
    if name not in names:
        from dockerlint.config import did_you_mean

        hint = did_you_mean(name, names, "see evals/README.md")
        raise CaseError(f"{fields._what}: there is no {key} {name!r}: {hint}")
    return names[name] if isinstance(names, Mapping) else name


def _expression(fields: _Fields, key: str, value: str) -> None:
    try:
        re.compile(value)
    except re.error as error:
        fields.refuse(key, f"a regular expression ({error})")


def read_case(folder: Path) -> Case:
    """The case in a folder; raises CaseError."""
    folder = folder.resolve()
    path = folder / EXPECT
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise CaseError(f"there is no case in {folder.name}: cannot read its {EXPECT}: {error.strerror}") from None
    except ValueError as error:
        raise CaseError(f"case {folder.name}: {EXPECT} is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise CaseError(f"case {folder.name}: {EXPECT} is no table")
    if not _SLUG.fullmatch(folder.name):
        raise CaseError(f"case {folder.name}: its folder's name must be lower-case words with dashes")
    return Case(folder, document)


def find_case(name: str) -> Case:
    """The case of a name, or in a folder; raises CaseError."""
    folder = EVALS / name
    return read_case(folder if (folder / EXPECT).is_file() else Path(name))


def all_cases(folder: Path = EVALS) -> list[Case]:
    """All cases, by id; raises CaseError also where two have the same id, or where there is none."""
    cases = sorted((read_case(path.parent) for path in folder.glob(f"*/{EXPECT}")), key=lambda case: (case.id, case.name))
    if not cases:
        raise CaseError(f"there is no case in {folder}: a case is a folder with {EXPECT}")
    for one, other in pairwise(cases):
        if one.id == other.id:
            raise CaseError(f"the cases {one.name} and {other.name} have the same id {one.id}")
    return cases
