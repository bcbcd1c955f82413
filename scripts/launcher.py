"""Start a program of this folder, on a machine that may lack the packages it needs.

A script beside this file names its packages in a PEP 723 block of its own. Where Python finds them, nothing else happens.
Where it does not, they are fetched once, by `uv run` if uv is there, else by pip, and kept in the user's cache folder:
later runs only put that folder on `sys.path`, in the same process.

A Python script calls `start`; a shell script with such a block runs `python3 launcher.py SCRIPT MODULE ARGUMENT...`.
This file is read by whatever `python3` is, so that an old one can be told so: no syntax that Python 3.6 does not know.
"""

import gc
import os
import sys
from importlib import import_module
from importlib.machinery import PathFinder

NAME = "writing-dockerfiles"
NEEDS_NOTHING = ("-h", "--help", "--version")
FORBID = "WRITING_DOCKERFILES_NO_SETUP"
"""Set to anything but nothing: what is missing is named and never fetched."""


class SetupError(Exception):
    """The packages are missing and cannot be had; the message says why and what to do, in one sentence."""


def start(script: str, module: str) -> int:
    """Run `main()` of `module` with the packages that `script` names; its exit status, or 2 where they cannot be had."""
    name = os.path.basename(script)
    folder = os.path.dirname(os.path.abspath(__file__))
    if folder not in sys.path:  # as with PYTHONSAFEPATH
        sys.path.insert(0, folder)
    if sys.version_info < (3, 11):
        return _refuse(name, "needs Python 3.11 or newer, and this is {}.{}".format(*sys.version_info))
    arguments = sys.argv[1 : sys.argv.index("--")] if "--" in sys.argv else sys.argv[1:]
    try:
        if not any(argument in NEEDS_NOTHING for argument in arguments):
            provide(script)
        _keep_byte_code()
        gc.disable()  # loading modules leaves little garbage, and looking for it takes a tenth of the time
        program = import_module(module)
        gc.enable()
        status: int = program.main()
    except SetupError as error:
        return _refuse(name, str(error))
    except KeyboardInterrupt:  # also while modules are still being imported
        return 130
    return status


def _refuse(name: str, sentence: str) -> int:
    print(f"{name}: {sentence}", file=sys.stderr)
    return 2


def _keep_byte_code() -> None:
    """Where no byte code may be kept beside the source, keep it in the cache folder: compiling takes longer than all the rest."""
    if sys.dont_write_bytecode or not os.access(os.path.dirname(__file__), os.W_OK):
        folder = next(filter(_private, _cache_folders()), None)
        if folder and sys.pycache_prefix is None:
            sys.pycache_prefix = os.path.join(folder, "bytecode")
            sys.dont_write_bytecode = False


def provide(script: str) -> None:
    """Make the packages that `script` names importable; raises SetupError where that cannot be done."""
    block = inline_metadata(script)
    requirements = dependencies(block)
    modules = [_module(requirement) for requirement in requirements]
    if _found(modules):
        return
    names = " and ".join(requirements)
    by_hand = "`{} -m pip install {}`".format(sys.executable or "python3", " ".join(f"'{each}'" for each in requirements))
    if os.environ.get(FORBID):
        raise SetupError(f"{names} are missing and {FORBID} forbids to fetch them: run {by_hand}")
    if os.name != "posix":
        raise SetupError(f"{names} are missing: run {by_hand}")
    for folder in filter(_private, _cache_folders()):
        target = os.path.join(folder, environment_key(block))
        if not _found(modules, [target]):
            if not os.access(folder, os.W_OK):
                continue
            print(f"{os.path.basename(script)}: fetching {names}, once, into {target}", file=sys.stderr, flush=True)
            try:
                _install(block, requirements, modules, target)
            except (SetupError, OSError) as error:
                reason = f"{names} are missing and could not be fetched ({error})"
                raise SetupError(f"{reason}: run {by_hand} where a package index answers") from None
        sys.path.append(target)
        return
    raise SetupError(f"{names} are missing and there is no folder to keep them in: set XDG_CACHE_HOME, or run {by_hand}")


def inline_metadata(script: str) -> str:
    """The text of the PEP 723 block of a script, comment signs included."""
    with open(script, encoding="utf-8") as file:
        return file.read().partition("\n# /// script\n")[2].partition("\n# ///\n")[0]


def dependencies(block: str) -> "list[str]":
    """The requirements in a PEP 723 block, such as ``tabulate>=0.9``.

    Reads what our own scripts hold, a list of strings in double quotes: tomllib costs as much as all of the rest here.
    """
    return block.partition("dependencies = [")[2].partition("]")[0].split('"')[1::2]


def environment_key(block: str) -> str:
    """A folder name that differs wherever other packages, or packages built for another Python, are needed."""
    from zlib import crc32

    platform = f"{sys.implementation.cache_tag}-{sys.platform}-{os.uname().machine}"
    return f"{platform}-{crc32(block.encode()):08x}"


def _module(requirement: str) -> str:
    """``dockerfile-parse>=2.0.1`` is imported as ``dockerfile_parse``; true of every package that we need."""
    return requirement.partition(">")[0].strip().replace("-", "_")


def _found(modules: "list[str]", folders: "list[str] | None" = None) -> bool:
    """Whether the modules are in the folders, or wherever Python looks anyway."""
    found = all(PathFinder.find_spec(module, folders) for module in modules)
    for folder in folders or ():
        sys.path_importer_cache.pop(folder, None)  # what is not there now may be there the next time
    return found


def _cache_folders() -> "list[str]":
    """Where packages may be kept, best first; the last is for homes that are missing or read-only."""
    home = os.path.expanduser("~")
    bases = [os.environ.get("XDG_CACHE_HOME", "")]
    if home != "/":  # which it also is where HOME is empty
        bases.append(os.path.join(home, ".cache"))
    temporary = os.environ.get("TMPDIR") or "/tmp"  # `_private` says whether it is ours
    return [*(os.path.join(base, NAME) for base in bases if os.path.isabs(base)), os.path.join(temporary, f"{NAME}-{os.getuid()}")]


def _private(folder: str) -> bool:
    """Whether the folder, made if need be, is one that only this user can have put something into: code is run from it."""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        status = os.lstat(folder)
    except OSError:
        return False
    return status.st_uid == os.getuid() and status.st_mode & 0o170022 == 0o040000


def _install(block: str, requirements: "list[str]", modules: "list[str]", target: str) -> None:
    """Make `target` a folder with the packages, whole or not at all, however many do it at once."""
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory(dir=os.path.dirname(target)) as work:
        site = os.path.join(work, "site")
        uv = shutil.which("uv")
        if not (uv and _with_uv(uv, block, site)):
            _with_pip(requirements, site, work)
        if not _found(modules, [site]):
            raise SetupError("what the index has under these names is something else")
        try:
            os.rename(site, target)
        except OSError:
            if not _found(modules, [target]):  # else somebody else was faster
                os.rename(target, os.path.join(work, "broken"))
                os.rename(site, target)


def _with_uv(uv: str, block: str, site: str) -> bool:
    """Let `uv run` keep the packages in an environment of its own, and `site` be a link to it; False where uv cannot."""
    program = f"# /// script\n{block}\n# ///\nimport sysconfig\nprint(sysconfig.get_path('purelib'))\n"
    command = [uv, "run", "--quiet", "--no-project", "--python", sys.executable, "-"]
    status, output = _run(command, program, UV_HTTP_RETRIES="1")
    folder = output.strip().rpartition("\n")[2]
    if status or not os.path.isdir(folder):
        return False
    os.symlink(folder, site)
    return True


def _with_pip(requirements: "list[str]", site: str, work: str) -> None:
    """Put the packages into the folder `site` with this Python's pip, or with that of a virtual environment below `work`."""
    python = sys.executable
    if not PathFinder.find_spec("pip"):
        venv = os.path.join(work, "venv")
        if not PathFinder.find_spec("ensurepip") or _run([python, "-P", "-m", "venv", venv])[0]:
            debian = "Debian's packages are python3-pip and python3-venv"
            raise SetupError(f"this Python has no pip and no working venv, and there is no uv; {debian}")
        python = os.path.join(venv, "bin", "python")
    # -P: the current folder, which holds a stranger's repository, must not provide the module that is run
    command = [python, "-P", "-m", "pip", "install", "--quiet", "--no-input", "--target", site, *requirements]
    settings = {"PIP_RETRIES": "1", "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    status, output = _run(command, **settings)
    if status:
        lines = [line for line in output.splitlines() if line.startswith("ERROR: ")] or ["ERROR: pip failed"]
        raise SetupError(lines[-1].replace("ERROR: ", "").rstrip("."))


def _run(command: "list[str]", text: str = "", **variables: str) -> "tuple[int, str]":
    """Run a command quietly; its exit status and all that it printed."""
    import subprocess

    done = subprocess.run(
        command, input=text, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **variables}
    )
    return done.returncode, done.stdout


if __name__ == "__main__":
    program = sys.argv.pop(2)
    sys.argv.pop(0)
    sys.exit(start(sys.argv[0], program))
