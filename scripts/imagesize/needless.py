"""What an image carries although nothing at run time needs it: by where it lies and what it is called."""

# ruff: noqa: E501 - the table of kinds reads best in long lines
from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from typing import NamedTuple

from imagesize.packages import Packages
from imagesize.stack import FileTree


class Kind(NamedTuple):
    """A kind of needless files."""

    slug: str
    title: str
    folders: tuple[str, ...]
    """Everything below these; `**/` stands for any folders, and what stands before it may be anywhere."""
    endings: tuple[str, ...]
    mend: str


KINDS = (
    Kind(
        "package-lists", "package lists",
        ("var/lib/apt/lists", "var/cache/apt", "etc/apk/cache", "var/cache/apk", "lib/apk/cache", "var/cache/dnf", "var/cache/yum",
         "var/cache/libdnf5", "var/cache/zypp", "var/cache/pacman"),
        (),
        "put them on cache mounts (`RUN --mount=type=cache,target=/var/lib/apt,sharing=locked --mount=type=cache,target=/var/cache/apt,sharing=locked …`, "
        "`apk add --no-cache`) or remove them in the same RUN",
    ),
    Kind(
        "debconf", "debconf's questions", ("var/cache/debconf",), (),
        "end the RUN that installs them with `rm -rf /var/cache/debconf/*`: nobody is asked any more, and a package installed later brings its own",
    ),
    Kind(
        "caches", "caches of package managers",
        ("**/.cache/pip", "**/.cache/uv", "**/.cache/pypoetry/cache", "**/.cache/pypoetry/artifacts", "**/.cache/virtualenv", "**/.cache/go-build", "**/.cache/yarn",
         "**/.cache/node-gyp", "**/.cache/composer", "**/.npm/_cacache", "**/.npm/_logs", "**/.yarn/cache", "**/.yarn/berry/cache", "**/share/pnpm/store", "**/.pnpm-store",
         "**/.m2/repository", "**/.gradle/caches", "**/.gradle/wrapper/dists", "**/.cargo/registry", "**/.cargo/git", "usr/local/cargo/registry",
         "usr/local/cargo/git", "go/pkg/mod", "root/go/pkg/mod", "**/.gem/cache", "**/.bundle/cache", "**/.nuget/packages", "**/.composer/cache",
         "**/conda/pkgs", "**/miniconda3/pkgs", "**/.ivy2/cache", "**/.cache/pnpm", "**/.bun/install/cache", "**/.next/cache", "**/node_modules/.cache",
         "usr/local/bundle/cache", "var/lib/gems/**/cache"),
        (),
        "give each RUN that uses them cache mounts (`RUN MOUNTS …`): the next build is faster too",
    ),
    Kind(
        "version-control", "version control", ("**/.git", "**/.hg", "**/.svn"), (),
        "clone in another stage and copy what is wanted, or delete it in the RUN that clones",
    ),
    Kind(
        "source-maps", "source maps", (), (".js.map", ".mjs.map", ".cjs.map", ".css.map"),
        "delete them in the RUN that installs or builds (`find . -name '*.map' -delete`), or build without them",
    ),
    Kind(
        "build-tools", "build tools",
        ("usr/lib/gcc", "usr/libexec/gcc", "usr/local/go/pkg/tool", "usr/local/go/src", "usr/local/go/test", "usr/lib/go", "usr/local/rustup", "**/.rustup",
         "usr/share/maven", "opt/gradle", "**/jmods", "usr/lib/git-core"),
        (),
        "compile in a stage of its own and `COPY --from=` it what runs",
    ),
    Kind(
        "intermediates", "what a build leaves besides its result",
        ("target/**/release/deps", "target/**/release/build", "target/**/release/incremental", "target/**/release/.fingerprint",
         "target/**/debug/deps", "target/**/debug/build", "target/**/debug/incremental", "target/**/debug/.fingerprint", "**/CMakeFiles"),
        (".o",),
        "build in a stage of its own and `COPY --from=` it what runs",
    ),
    Kind("debug-symbols", "debug symbols", ("usr/lib/debug",), (), "install no -dbg or -dbgsym packages; strip programs in the stage that builds them"),
    Kind(
        "installers", "packages that were installed from", (), (".whl", ".deb"),
        "let one RUN fetch, install and remove them, or lend them to it (`--mount=type=bind,…`)",
    ),
    Kind(
        "headers", "headers and static libraries", ("usr/include", "usr/local/include", "**/pkgconfig"), (".a", ".h", ".hpp", ".pxd", ".pyx"),
        "compile in a stage of its own; install libraries without their -dev or -devel packages",
    ),
    Kind(
        "documentation", "documentation and translations",
        ("usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/gtk-doc", "usr/share/locale", "usr/share/help", "usr/share/lintian",
         "usr/local/share/man", "usr/local/share/doc"),
        (),
        "keep FOLDERS out when packages are installed (dpkg: lines like `path-exclude /usr/share/doc/*` in the last file of /etc/dpkg/dpkg.cfg.d, `zz-nodoc`; "
        "dnf: `--setopt=tsflags=nodocs`)",
    ),
    Kind("locale-sources", "sources of locales", ("usr/share/i18n",), (), "remove them in the RUN that makes the locales: `locale-gen && rm -rf /usr/share/i18n`"),
    Kind(
        "tests", "tests of libraries",
        ("node_modules/**/test", "node_modules/**/tests", "node_modules/**/__tests__", "site-packages/**/tests", "dist-packages/**/tests"),
        (),
        "remove them in the RUN that installs the packages, or in the builder stage, and try the program: a few packages import theirs",
    ),
    Kind(
        "leftovers", "temporary files and logs", ("tmp", "var/tmp", "var/log"), (),
        "let one RUN write, use and remove them (logs: `rm -f /var/log/*.log /var/log/*/*`), for /tmp on a mount: `--mount=type=tmpfs,target=/tmp`",
    ),
)  # fmt: skip

BYTECODE = Kind(
    "bytecode", "bytecode of one module more than once", (), (),
    "compile for one Python only, at one level of optimisation; `pip install --no-compile` or PYTHONDONTWRITEBYTECODE=1 in the stage that installs",
)  # fmt: skip
DEVELOPMENT = Kind(
    "development-packages", "packages for development alone", (), (),
    "install without them in the final stage (`npm ci --omit=dev`); where they build the program, let another stage do that",
)  # fmt: skip
OWN_PIP = Kind(
    "pip", "a pip of the environment's own", (), (),
    "make the environment without it: `python -m venv --without-pip ENV && pip --python ENV install …`",
)  # fmt: skip
ALL = (*KINDS, BYTECODE, DEVELOPMENT, OWN_PIP)

TOOLS = frozenset(
    """gcc g++ cpp make binutils dpkg-dev build-essential cmake ninja-build autoconf automake libtool bison flex pkg-config pkgconf cargo rustc golang
    maven gradle git subversion mercurial gdb strace valgrind clang llvm lld nodejs-dev musl-dev linux-headers build-base gcc-c++ typescript webpack
    eslint prettier jest mocha vite rollup esbuild ts-node nodemon cython setuptools-rust maturin""".split()
)
"""Packages that make programs; with a version or an architecture behind the name too."""


_BY_ENDING = tuple(kind for kind in KINDS if kind.endings)
_ENDINGS = tuple(ending for kind in _BY_ENDING for ending in kind.endings)


class Needless(NamedTuple):
    """Files of one kind in one layer."""

    kind: Kind
    layer: int
    files: list[tuple[str, int]]
    """Paths and sizes."""

    @property
    def bytes(self) -> int:
        """Of all of them."""
        return sum(size for _, size in self.files)


def find(tree: FileTree, packages: Packages, origin: Callable[[str, int], int]) -> list[Needless]:
    """What the final file system holds of each kind, layer by layer; no file is counted twice. Largest first.

    `origin` tells from a path and the layer that shows it which layer brought it first.
    """
    tools = {index for index, (_, name, _) in enumerate(packages.labels) if is_tool(name)}
    tool_kind = next(kind for kind in KINDS if kind.slug == "build-tools")
    again = set(_compiled_again(tree))
    folders = _folder_kinds(tree, packages.development)
    for folder in _run_from(tree, folders):
        del folders[folder]
    owners, found = packages.owners, dict[tuple[str, int], Needless]()
    for folder, files in tree.files_in.items():
        given = folders.get(folder)
        if given is None:
            files = [file for file in files if file[0].endswith(_ENDINGS) or file[1] in again or owners[file[1]] in tools]
        for path, number, size in files:
            if given and (number in tree.linked or number in tree.heirs):  # what is linked with a file that is used costs nothing more
                names = (*tree.linked.get(number, ()), *map(tree.path_of, tree.heirs.get(number, ())))
                path = next((name for name in names if name.rpartition("/")[0] not in folders), path)
                if tree.find(path) != number:
                    continue
            kind = BYTECODE if number in again else folders.get(path.rpartition("/")[0]) or _file_kind(path)
            if kind is None and owners[number] in tools:
                kind = tool_kind
            if kind is None or (kind.slug == "installers" and owners[number] >= 0):  # python3-pip-whl is a package itself
                continue
            if "/ensurepip/_bundled/" in path:  # `python -m venv` wants them
                continue
            if kind.slug == "documentation" and path.endswith("/copyright"):  # Debian's licences, which go with what they allow
                continue
            layer = origin(path, tree.layer_of(number))
            found.setdefault((kind.slug, layer), Needless(kind, layer, [])).files.append((path, size))
    return sorted(found.values(), key=lambda needless: (-needless.bytes, needless.kind.slug, needless.layer))


def is_tool(name: str) -> bool:
    """Whether a package of this name makes programs."""
    return not name.endswith("-base") and (
        name in TOOLS
        or name.rstrip("0123456789.-") in TOOLS
        or name.endswith(("-dev", "-devel"))
        or name.startswith(("gcc-", "g++-", "cpp-", "binutils-", "clang-"))
    )


def _folder_kinds(tree: FileTree, development: Container[str]) -> dict[str, Kind]:
    """The folders of which all that is in and below them is of a kind."""
    by_name: dict[str, list[tuple[str, Kind]]] = {}
    for kind in KINDS:
        for place in kind.folders:
            by_name.setdefault(place.rpartition("/")[2], []).append((place, kind))
    found: dict[str, Kind] = {}
    for folder in tree.ordered:
        above, _, name = folder.rpartition("/")
        if above in found:
            found[folder] = found[above]
        elif folder in development:
            found[folder] = DEVELOPMENT
        elif above.endswith("/site-packages") and name.partition("-")[0] == "pip" and _is_environment(tree, above):
            found[folder] = OWN_PIP
        elif name in by_name and not (_is_in_modules(above) and name[0] != "."):
            fitting = next((kind for place, kind in by_name[name] if _is_at(folder, place)), None)
            if fitting:
                found[folder] = fitting
    return found


def _run_from(tree: FileTree, folders: Mapping[str, Kind]) -> list[str]:
    """The folders of caches that programs are run from: those that links point into, and Yarn's where it makes no node_modules."""
    caches = [folder for folder, kind in folders.items() if kind.slug == "caches"]
    if not caches:
        return []
    targets = {f"{link.strip('/')}/" for link in tree.targets()}
    plays = any("/.yarn/" in f"/{folder}/" for folder in caches) and any(path.rpartition("/")[2] == ".pnp.cjs" for path in tree)
    return [
        folder
        for folder in caches
        if (plays and "/.yarn/" in f"/{folder}/")
        or any(target.startswith(f"{folder}/") or f"{folder}/".startswith(target) for target in targets)
    ]


def _is_in_modules(above: str) -> bool:
    """Whether what lies in the folder are packages of Node.js, whatever they are called: @playwright/test is one."""
    parent, _, name = above.rpartition("/")
    return name == "node_modules" or (name.startswith("@") and parent.endswith("node_modules"))


def _is_environment(tree: FileTree, site: str) -> bool:
    """Whether a folder of libraries is that of a virtual environment."""
    return f"{site.rpartition('/lib/')[0]}/pyvenv.cfg" in tree


def _is_at(folder: str, place: str) -> bool:
    first, stars, last = place.partition("**/")
    return f"/{folder}".endswith(f"/{last}") and f"/{first}" in f"/{folder}" if stars else folder == place


def _file_kind(path: str) -> Kind | None:
    return next((kind for kind in _BY_ENDING if path.endswith(kind.endings)), None)


def _compiled_again(tree: FileTree) -> Iterator[int]:
    """Numbers of bytecode files beside which there is another of the same module: of each module the largest is not among them."""
    for folder, names in tree.folders.items():
        if not folder.endswith("__pycache__"):
            continue
        modules: dict[str, list[tuple[int, str, int]]] = {}
        for path, number in names.items():
            if path.endswith(".pyc") and number >= 0:
                module = path[len(folder) + 1 :].partition(".")[0]
                modules.setdefault(module, []).append((tree.sizes[number], path, number))
        for compiled in modules.values():
            for _, _, number in sorted(compiled)[:-1]:
                yield number
