"""The build context: the folder whose files COPY and ADD may take, less what its .dockerignore keeps out.

Nothing is read before a rule asks, and never much: at most `MOST_ENTRIES` names and `MOST_BYTES` of one file, and no link is followed out
of the root. Where nothing is known (a Dockerfile from standard input) every question is answered with None, which is false, too.
Paths are relative to the root and have slashes; like BuildKit, `/a`, `./a` and `../a` all mean `a`.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from stat import S_ISDIR, S_ISLNK
from typing import TYPE_CHECKING

from dockerlint.dockerignore import BadPattern, DockerIgnore, Pattern, Trail, clean, glob_match

if TYPE_CHECKING:
    from dockerlint.parser import Instruction

MOST_ENTRIES = 5_000
MOST_BYTES = 1024 * 1024

# How many folders above the Dockerfile's own may turn out to be the context.
MOST_PARENTS = 6

# Folders that are listed but not entered: large, and nobody writes in them.
OPAQUE = frozenset((".git", ".hg", ".svn", ".venv", "node_modules", "venv"))

# A path of more folders is looked at as a whole, not folder by folder.
DEEP = 50

FILE, FOLDER, OUTSIDE, ABSENT = "file", "folder", "outside", ""


class _Files:
    """What a context asks of a file system; paths are clean and relative, "." is the root. Contexts with the same root may share it."""

    __slots__ = ("_ignore", "_walks")

    def __init__(self) -> None:
        self._ignore: DockerIgnore | None = None
        self._walks: dict[DockerIgnore, _Walk] = {}

    def kind(self, path: str) -> str:
        """FILE, FOLDER, ABSENT, or OUTSIDE for what leads out of the root or cannot be read."""
        raise NotImplementedError

    def names(self, folder: str, no_links: bool = False) -> list[tuple[str, bool]]:
        """The entries of a folder, sorted; True for folders (links are none). `no_links`: the path is known to go through none."""
        raise NotImplementedError

    def read(self, path: str) -> str | None:
        """The text of a file; None where it is absent or too large."""
        raise NotImplementedError

    def ignore(self) -> DockerIgnore | None:
        """The .dockerignore in the root; None where there is none."""
        if self._ignore is None:
            text = self.read(".dockerignore")
            if text is not None:
                self._ignore = DockerIgnore(text)
        return self._ignore

    def walk(self, ignore: DockerIgnore) -> _Walk:
        """What is there, less what these patterns keep out."""
        if ignore not in self._walks:
            self._walks[ignore] = _Walk(self, ignore)
        return self._walks[ignore]


class Disk(_Files):
    """A folder of the file system; everything in it is looked at once."""

    __slots__ = ("_folder", "_kinds", "_names", "_plain", "_real", "root")

    def __init__(self, root: str) -> None:
        super().__init__()
        self.root = root
        self._folder = root.rstrip("/") if root.strip("/") or not root else "/."
        self._real = ""
        self._kinds: dict[str, str] = {}
        self._names: dict[str, list[tuple[str, bool]]] = {}
        self._plain: set[str] = set()  # what is known to be inside, because it is no link and is in no link

    def _inside(self, path: str) -> str | None:
        """Where the path leads to; None for what is outside."""
        if path in self._plain:
            return f"{self._folder}/{path}"
        if not self._real:
            self._real = os.path.realpath(self.root)
        real = os.path.realpath(os.path.join(self._real, path))
        return real if real == self._real or real.startswith(self._real.rstrip("/") + "/") else None

    def kind(self, path: str) -> str:
        kind = self._kinds.get(path)
        if kind is None:
            kind = self._kinds[path] = self._look(path)
        return kind

    def _look(self, path: str) -> str:
        full = f"{self._folder}/{path}"
        if path == ".":
            return FOLDER if os.path.isdir(full) else ABSENT
        # Where the folder above is known to be inside, one question to the system is enough; a link takes several.
        above = path.rpartition("/")[0] or "."
        if path.count("/") < DEEP and self.kind(above) == FOLDER:
            try:
                mode = os.lstat(full).st_mode
            except (OSError, ValueError):
                return ABSENT
            if not S_ISLNK(mode):
                if above == "." or above in self._plain:
                    self._plain.add(path)
                return FOLDER if S_ISDIR(mode) else FILE
        if not os.path.lexists(full):
            return ABSENT
        real = self._inside(path)
        if real is None:
            return OUTSIDE
        return FOLDER if os.path.isdir(real) else FILE if os.path.exists(real) else OUTSIDE

    def names(self, folder: str, no_links: bool = False) -> list[tuple[str, bool]]:
        if folder not in self._names:
            self._names[folder] = self._list(f"{self._folder}/{folder}" if no_links else self._inside(folder))
        return self._names[folder]

    def _list(self, folder: str | None) -> list[tuple[str, bool]]:
        if folder is None:
            return []
        try:
            with os.scandir(folder) as entries:
                return sorted([(entry.name, entry.is_dir(follow_symlinks=False)) for entry in islice(entries, MOST_ENTRIES)])
        except OSError:
            return []

    def read(self, path: str) -> str | None:
        real = self._inside(path) if self.kind(path) == FILE else None
        return read_text(real) if real else None


Disks = dict[str, Disk]
"""The folders that some run has looked at, by path."""

NOTHING_IGNORED = DockerIgnore("")


class _Memory(_Files):
    __slots__ = ("_folders", "_texts")

    def __init__(self, files: Mapping[str, str]) -> None:
        super().__init__()
        self._texts = {clean(path): text for path, text in files.items()}
        self._folders: dict[str, set[str]] = {".": set()}
        for path in self._texts:
            parts = path.split("/")
            for depth, name in enumerate(parts):
                self._folders.setdefault("/".join(parts[:depth]) or ".", set()).add(name)

    def kind(self, path: str) -> str:
        return FOLDER if path in self._folders else FILE if path in self._texts else ABSENT

    def names(self, folder: str, no_links: bool = False) -> list[tuple[str, bool]]:
        prefix = "" if folder == "." else folder + "/"
        return sorted((name, prefix + name in self._folders) for name in self._folders.get(folder, ()))

    def read(self, path: str) -> str | None:
        return self._texts.get(path)


class _Walk:
    """What the build gets of a folder, read one folder after the other when somebody asks: (path, whether it is a folder).

    `complete` turns False when MOST_ENTRIES is met.
    """

    __slots__ = ("_files", "_folders", "_ignore", "_left", "_waiting", "complete")

    def __init__(self, files: _Files, ignore: DockerIgnore) -> None:
        self.complete = True
        self._files = files
        self._ignore = ignore
        self._left = MOST_ENTRIES
        self._folders: list[list[tuple[str, bool]]] = []
        self._waiting: deque[tuple[str, Trail]] = deque([("", ())])

    def __iter__(self) -> Iterator[tuple[str, bool]]:
        index = 0
        while index < len(self._folders) or self._waiting:
            if index == len(self._folders):
                self._folders.append(self._enter(*self._waiting.popleft()))
            yield from self._folders[index]
            index += 1

    def _enter(self, folder: str, trail: Trail) -> list[tuple[str, bool]]:
        """What is sent of one folder; those in it wait for their turn."""
        sent = []
        ignore = self._ignore
        for name, is_folder in self._files.names(folder.rstrip("/") or ".", no_links=True):
            if not self._left:
                self.complete = False
                self._waiting.clear()
                break
            self._left -= 1
            path = folder + name
            pattern, inner = ignore.step(path, trail)
            if pattern is None:
                sent.append((path, is_folder))
            if is_folder and name not in OPAQUE and (pattern is None or ignore.may_return_inside(path)):
                self._waiting.append((path + "/", inner))
        return sent


def read_text(path: str) -> str | None:
    """The text of a regular file, None where it cannot be read or is larger than MOST_BYTES."""
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > MOST_BYTES:
            return None
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()
    except OSError:
        return None


class Context:
    """The build context of one Dockerfile; `root` is its folder (None: not known, or only in memory).

    `given` says that somebody named the root; otherwise it is inferred from where the Dockerfile's sources are found.
    `disks` is what other contexts of the same run have seen already, and is added to.
    """

    __slots__ = (
        "_disks",
        "_dockerfile",
        "_files",
        "_found",
        "_ignore",
        "_located",
        "_missed",
        "_root",
        "_sources",
        "given",
    )

    def __init__(self, root: str | None = None, dockerfile: str = "", *, given: bool = False, disks: Disks | None = None) -> None:
        self.given = given
        self._root = root
        self._dockerfile = dockerfile
        self._disks = {} if disks is None else disks
        self._files: _Files | None = self._disk(root) if root is not None else None
        self._located = True
        self._sources: Callable[[], Iterable[str]] = tuple
        self._found = self._missed = 0
        self._ignore: tuple[str | None, DockerIgnore] | None = None

    @classmethod
    def of_files(cls, files: Mapping[str, str], dockerfile: str = "Dockerfile") -> Context:
        """A context in memory: the text of each file by its path."""
        context = cls(None, dockerfile, given=True)
        context._files = _Memory(files)
        return context

    @classmethod
    def near(cls, dockerfile: str, sources: Callable[[], Iterable[str]] = tuple, disks: Disks | None = None) -> Context:
        """The context that the Dockerfile at this path most likely has: what a compose or bake file says, else its folder or, where more
        of its sources exist there, one above.

        `sources` says, when asked, what it copies: see `local_sources`, and `expect` for who knows them later.
        """
        context = cls(None, dockerfile, disks=disks)
        context._located = False
        context._sources = sources
        return context

    def expect(self, sources: Callable[[], Iterable[str]]) -> None:
        """Tells what the Dockerfile copies; without effect on a context that is given, or was asked before."""
        self._sources = sources

    # What is known ---------------------------------------------------------------------------------------------------------------

    @property
    def root(self) -> str | None:
        self._locate()
        return self._root

    @property
    def known(self) -> bool:
        """Whether there is anything to ask."""
        self._locate()
        return self._files is not None

    @property
    def sure(self) -> bool:
        """Whether this is certainly the context: it was named, or something that the Dockerfile names is there."""
        self._locate()
        return self.given or self._found > 0

    @property
    def complete_enough(self) -> bool:
        """Whether what is missing is missing indeed: the context was given, or most of what the Dockerfile names is in it."""
        self._locate()
        return self.given or self._found > 2 * self._missed

    @property
    def ignore_file(self) -> str | None:
        """The path of the ignore file that applies (as found: beside the Dockerfile or in the root), None where there is none."""
        return self._ignored_by()[0]

    @property
    def unread_ignore_file(self) -> str | None:
        """A .dockerignore beside the Dockerfile, where that is not the root, so that nobody reads it; its path from the root."""
        self._locate()
        folder = os.path.dirname(self._dockerfile)
        if isinstance(self._files, Disk):
            if os.path.abspath(folder) == self._files.root:
                return None
            folder = os.path.relpath(os.path.realpath(folder or "."), os.path.realpath(self._files.root))
        if folder in ("", ".") or folder.startswith("..") or self.ignore_file == self._dockerfile + ".dockerignore":
            return None
        path = f"{folder}/.dockerignore"
        return path if self.exists(path) else None

    @property
    def ignore(self) -> DockerIgnore:
        """The patterns that apply; empty where there is no ignore file."""
        return self._ignored_by()[1]

    # What is in it ---------------------------------------------------------------------------------------------------------------

    def exists(self, path: str) -> bool | None:
        """Whether the path is in the folder (a .dockerignore may still keep it out); None where that cannot be known."""
        kind = self._kind(path)
        return None if kind in (None, OUTSIDE) else kind != ABSENT

    def is_folder(self, path: str) -> bool | None:
        kind = self._kind(path)
        return None if kind in (None, OUTSIDE) else kind == FOLDER

    def read(self, path: str) -> str | None:
        """The text of a file; None where it is absent, too large or unknown."""
        self._locate()
        return self._files.read(_relative(path)) if self._files else None

    def ignored(self, path: str) -> bool:
        """Whether a pattern of the ignore file keeps the path out of the build."""
        return self.ignoring(path) is not None

    def ignoring(self, path: str) -> Pattern | None:
        """The pattern that keeps the path out of the build."""
        path = _relative(path)
        return None if path == "." else self.ignore.pattern_for(path)

    def sent(self, path: str) -> bool | None:
        """Whether the build gets the path, or something below it."""
        exists = self.exists(path)
        if not exists or not self.ignored(path):
            return exists
        return bool(self.is_folder(path)) and self.ignore.may_return_inside(_relative(path))

    def matches(self, pattern: str) -> list[str] | None:
        """What a source of COPY with wildcards names (Go's filepath.Match, no link followed), sorted; None where nothing is known."""
        self._locate()
        if self._files is None:
            return None
        found = ["."]
        for part in _relative(pattern).split("/"):
            try:
                found = [joined for folder in found for joined in self._step(folder, part)]
            except BadPattern:
                return []
        return [path for path in found if path != "."]

    def entries(self) -> Iterator[tuple[str, bool]]:
        """What the build gets, nearest to the root first: (path, whether it is a folder); see OPAQUE and MOST_ENTRIES."""
        self._locate()
        return iter(()) if self._files is None else iter(self._files.walk(self.ignore))

    @property
    def complete(self) -> bool:
        """Whether `entries` has given everything so far."""
        self._locate()
        return self._files is None or self._files.walk(self.ignore).complete

    def files(self) -> Iterator[str]:
        """The files among `entries`."""
        return (path for path, folder in self.entries() if not folder)

    def project_files(self, *patterns: str) -> Iterator[str]:
        """The texts of files of these names in the root, beside the Dockerfile, and in the folders above it in its repository."""
        self._locate()
        found: list[_Files] = [self._files] if self._files is not None else []
        if self._dockerfile and not isinstance(self._files, _Memory):
            found += self._of_the_project()
        for files in dict.fromkeys(found):
            for name, _ in files.names("."):
                if any(glob_match(pattern, name) for pattern in patterns) and (text := files.read(name)) is not None:
                    yield text

    # How it is found out ---------------------------------------------------------------------------------------------------------

    def _kind(self, path: str) -> str | None:
        self._locate()
        return self._files.kind(_relative(path)) if self._files else None

    def _step(self, folder: str, part: str) -> Iterator[str]:
        assert self._files is not None
        prefix = "" if folder == "." else folder + "/"
        if not has_wildcards(part):
            if self._files.kind(prefix + part) != ABSENT:
                yield prefix + part
        elif self._files.kind(folder) == FOLDER:
            for name, _ in self._files.names(folder):
                if glob_match(part, name):
                    yield prefix + name

    def _ignored_by(self) -> tuple[str | None, DockerIgnore]:
        if self._ignore is None:
            self._locate()
            self._ignore = next(self._ignore_files(), (None, NOTHING_IGNORED))
        return self._ignore

    def _ignore_files(self) -> Iterator[tuple[str, DockerIgnore]]:
        if self._files is None:
            return
        own = self._dockerfile + ".dockerignore"
        if self._dockerfile:
            text = read_text(own) if isinstance(self._files, Disk) else self._files.read(own)
            if text is not None:
                yield own, DockerIgnore(text)
        ignore = self._files.ignore()
        if ignore is not None:
            yield os.path.join(self._root or "", ".dockerignore"), ignore

    def _locate(self) -> None:
        if self._located:
            return
        self._located = True
        named = [source for source in self._sources() if _relative(source) != "."]
        best = -1
        said = self._said_roots()
        for files in [each for each in self._candidates() if each.root in said] if said else self._candidates():
            folder = files.root
            candidate = Context(folder, disks=self._disks)
            found = sum(1 for source in named if candidate._has(source))
            if found > best:
                best, self._root, self._files = found, folder, files
            if found == len(named):
                break
        self._found, self._missed = best, len(named) - best
        if named and not best:
            self._root = self._files = None

    def _of_the_project(self) -> list[Disk]:
        """The candidates that belong together: all within a repository, else the Dockerfile's own folder alone."""
        candidates = list(self._candidates())
        return candidates if candidates[-1].kind(".git") != ABSENT else candidates[:1]

    def _said_roots(self) -> set[str]:
        """The contexts that the project's compose and bake files have for the Dockerfile."""
        from dockerlint.project import PROJECT_FILES, builds

        dockerfile, said = os.path.abspath(self._dockerfile), set[str]()
        for files in self._of_the_project():
            for name, folder in files.names("."):
                if not folder and any(glob_match(pattern, name) for pattern in PROJECT_FILES):
                    for context, path in builds(name, files.read(name) or ""):
                        root = os.path.normpath(os.path.join(files.root, context))
                        if os.path.normpath(os.path.join(root, path)) == dockerfile:
                            said.add(root)
        return said

    def _candidates(self) -> Iterator[Disk]:
        """The folders that may be the root, the Dockerfile's own first; none above a repository's."""
        folder = os.path.dirname(os.path.abspath(self._dockerfile))
        for _ in range(1 + MOST_PARENTS):
            disk = self._disk(folder)
            yield disk
            parent = os.path.dirname(folder)
            if parent == folder or disk.kind(".git") != ABSENT:
                return
            folder = parent

    def _disk(self, root: str) -> Disk:
        if root not in self._disks:
            self._disks[root] = Disk(root)
        return self._disks[root]

    def _has(self, source: str) -> bool:
        return bool(self.matches(source) if has_wildcards(source) else self.exists(source))


def _relative(path: str) -> str:
    return clean("/" + path)[1:] or "."


def has_wildcards(path: str) -> bool:
    """Whether BuildKit takes the source of a COPY for a pattern."""
    escaped = False
    for char in path:
        if escaped:
            escaped = False
        elif char in "*?[":
            return True
        else:
            escaped = char == "\\"
    return False


def is_remote(source: str) -> bool:
    """Whether ADD fetches the source from somewhere else: a URL or a git repository."""
    head = source.split("/", 1)[0]
    return source.startswith(("http://", "https://", "git://", "ssh://", "git@")) or ("@" in head and ":" in head)


def local_sources(instructions: Iterable[Instruction]) -> Iterator[str]:
    """What the instructions take from the context, as written, where no variable is in it: sources of COPY and ADD, and bind mounts."""
    for instruction in instructions:
        if instruction.keyword in ("COPY", "ADD") and not instruction.from_:
            for word in instruction.sources:
                if word.literal and not is_remote(word.value):
                    yield word.value
        elif instruction.mounts:
            for mount in instruction.mounts:
                if mount.type == "bind" and not mount.from_ and mount.source and "$" not in mount.source:
                    yield mount.source
