"""The launcher on machines that lack something: packages, an index, pip, uv, a home, a new Python.

Each test starts a script with a PEP 723 block in a process of its own, with a bare environment: no packages of ours, an empty home, and an
index that is a folder of two small wheels (or none).
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import launcher
from commandline import VERSION

SCRIPTS = Path(launcher.__file__).parent
BLOCK = '# /// script\n# requires-python = ">=3.11"\n# dependencies = ["fake-alpha>=1.0", "fake_beta>=2"]\n# ///\n'
START = """
import sys
from launcher import start
sys.exit(start(__file__, "program.cli"))
"""
PROGRAM = """
import sys

def main():
    if "--help" in sys.argv:
        print("help")
        return 0
    import fake_alpha, fake_beta
    print(fake_alpha.__file__, fake_beta.VALUE, *sys.argv[1:])
    return 7
"""
DEBIAN = "; Debian's packages are python3-pip and python3-venv"


def wheel(folder: Path, name: str, version: str) -> None:
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}/__init__.py", "VALUE = 42\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", f"{name}/__init__.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


class Machine:
    """A machine to start the script on: what `variables` and `python` are changed to before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = sys.executable
        self.home = folder / "home"
        self.home.mkdir()
        self.index = folder / "index"
        self.index.mkdir()
        wheel(self.index, "fake_alpha", "1.5")
        wheel(self.index, "fake_beta", "2.0")
        self.path = folder / "bin"
        self.path.mkdir()
        self.tmp = folder / "tmp"
        self.tmp.mkdir()
        scripts = folder / "scripts"
        (scripts / "program").mkdir(parents=True)
        shutil.copy(SCRIPTS / "launcher.py", scripts)
        (scripts / "program" / "__init__.py").write_text("")
        (scripts / "program" / "cli.py").write_text(PROGRAM)
        self.script = scripts / "start.py"
        self.script.write_text(f"#!/usr/bin/env python3\n{BLOCK}{START}")
        self.variables = {
            "HOME": str(self.home),
            "PATH": str(self.path),
            "TMPDIR": str(self.tmp),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.index),
            "PIP_CONFIG_FILE": os.devnull,
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [self.python, str(self.script), *arguments]
        return subprocess.run(command, env=self.variables, cwd=self.folder, capture_output=True, text=True, timeout=120)

    @property
    def kept(self) -> list[Path]:
        """The environments in the cache folder."""
        return sorted((self.home / ".cache" / launcher.NAME).glob("cpython-*"))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def assert_refused(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    """Exit status 2, and a last line that is one sentence with the parts."""
    lines = done.stderr.splitlines()
    assert done.returncode == 2
    assert lines[-1].startswith("start.py: ")
    assert all(part in lines[-1] for part in parts)
    assert all(line.startswith("start.py: fetching ") for line in lines[:-1])
    assert done.stdout == ""


def test_packages_are_fetched_once_and_then_used_by_the_same_process(machine: Machine) -> None:
    first = machine.run("a", "--b")
    assert (first.returncode, first.stdout) == (7, f"{machine.kept[0]}/fake_alpha/__init__.py 42 a --b\n")
    assert first.stderr == f"start.py: fetching fake-alpha>=1.0 and fake_beta>=2, once, into {machine.kept[0]}\n"
    assert len(machine.kept) == 1

    shutil.rmtree(machine.index)
    again = machine.run("a", "--b")
    assert (again.returncode, again.stdout, again.stderr) == (7, first.stdout, "")


def test_help_needs_nothing(machine: Machine) -> None:
    shutil.rmtree(machine.index)
    done = machine.run("x", "--help")
    assert (done.returncode, done.stdout, done.stderr) == (0, "help\n", "")
    assert not list(machine.home.iterdir())


def test_a_file_that_is_called_help_is_no_wish_for_help(machine: Machine) -> None:
    assert machine.run("--", "-h").returncode == 7


def test_installed_packages_are_enough(machine: Machine) -> None:
    for name in ("fake_alpha", "fake_beta"):
        shutil.unpack_archive(next(machine.index.glob(f"{name}*")), machine.folder / "packages", "zip")
    machine.variables["PYTHONPATH"] = str(machine.folder / "packages")
    done = machine.run()
    assert (done.returncode, done.stderr) == (7, "")
    assert not list(machine.home.iterdir())


@pytest.mark.parametrize("index", [{"PIP_FIND_LINKS": ""}, {"PIP_FIND_LINKS": "", "PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://127.0.0.1:9/simple"}])
def test_without_an_index_one_sentence_says_so(machine: Machine, index: dict[str, str]) -> None:
    machine.variables |= index
    assert_refused(machine.run("Dockerfile"), "fake-alpha>=1.0 and fake_beta>=2 are missing", "could not be fetched", "-m pip install")
    assert machine.kept == []


def test_set_up_can_be_forbidden(machine: Machine) -> None:
    machine.variables[launcher.FORBID] = "1"
    assert_refused(machine.run("Dockerfile"), "are missing", launcher.FORBID)
    assert not list(machine.home.iterdir())


def test_many_at_once_all_work(machine: Machine) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda number: machine.run(str(number)), range(4)))
    assert [each.returncode for each in done] == [7] * 4, [each.stderr for each in done]
    assert len(machine.kept) == 1


def test_a_wheel_without_its_module_is_refused(machine: Machine) -> None:
    wheel(machine.index, "fake_beta", "3.0")
    with zipfile.ZipFile(machine.index / "fake_beta-3.0-py3-none-any.whl") as archive:
        members = {name: archive.read(name) for name in archive.namelist() if not name.endswith("__init__.py")}
    with zipfile.ZipFile(machine.index / "fake_beta-3.0-py3-none-any.whl", "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data.replace(b"fake_beta/__init__.py,,\n", b""))
    assert_refused(machine.run(), "something else")
    assert machine.kept == []


def test_other_requirements_are_kept_apart(machine: Machine) -> None:
    machine.run()
    machine.script.write_text(machine.script.read_text().replace("fake-alpha>=1.0", "fake-alpha>=1.2"))
    assert machine.run().returncode == 7
    assert len(machine.kept) == 2


def test_a_damaged_environment_is_made_anew(machine: Machine) -> None:
    machine.run()
    shutil.rmtree(machine.kept[0] / "fake_beta")
    done = machine.run()
    assert (done.returncode, len(machine.kept)) == (7, 1)
    assert "fetching" in done.stderr


@pytest.mark.parametrize("home", ["/proc/none", "/dev/null", ""])
def test_without_a_home_the_temporary_folder_serves(machine: Machine, home: str) -> None:
    machine.variables |= {"HOME": home, "XDG_CACHE_HOME": home}
    for expected in ("fetching", ""):
        done = machine.run()
        assert done.returncode == 7, done.stderr
        assert expected in done.stderr
        assert done.stdout.startswith(str(machine.tmp / f"{launcher.NAME}-{os.getuid()}"))


def test_code_is_never_run_from_a_folder_that_others_can_write_to(machine: Machine) -> None:
    machine.run()
    cache = machine.home / ".cache" / launcher.NAME
    cache.chmod(0o777)
    done = machine.run()
    assert done.returncode == 7
    assert done.stdout.startswith(str(machine.tmp))

    (machine.tmp / f"{launcher.NAME}-{os.getuid()}").chmod(0o777)
    assert_refused(machine.run(), "no folder to keep them in", "XDG_CACHE_HOME")


def test_the_cache_folder_follows_xdg(machine: Machine) -> None:
    machine.variables["XDG_CACHE_HOME"] = str(machine.folder / "cache")
    assert machine.run().stdout.startswith(str(machine.folder / "cache" / launcher.NAME))


def test_byte_code_is_kept_without_littering_where_it_must_not(machine: Machine) -> None:
    machine.variables["PYTHONDONTWRITEBYTECODE"] = "1"
    assert machine.run().returncode == 7
    assert not list(machine.script.parent.rglob("__pycache__"))
    assert list((machine.home / ".cache" / launcher.NAME / "bytecode").rglob("cli.*.pyc"))


def test_modules_of_the_current_folder_are_not_run(machine: Machine) -> None:
    for name in ("pip", "venv", "ensurepip", "fake_alpha", "tempfile"):
        (machine.folder / f"{name}.py").write_text("raise SystemExit('a stranger')\n")
    done = machine.run()
    assert (done.returncode, "stranger" in done.stderr) == (7, False)


def bare(machine: Machine, *without: str) -> None:
    """Give the machine a Python without pip, and without the modules named."""
    venv.create(machine.folder / "python", with_pip=False, symlinks=True)
    machine.python = str(machine.folder / "python" / "bin" / "python")
    if without:
        hidden = f"import sys\nsys.modules.update(dict.fromkeys({without!r}))\n"
        finder = "import importlib.machinery as m\nfind = m.PathFinder.find_spec\n"
        finder += f"m.PathFinder.find_spec = lambda name, *rest: None if name in {without!r} else find(name, *rest)\n"
        site = next((machine.folder / "python" / "lib").glob("python3*")) / "site-packages"
        (site / "sitecustomize.py").write_text(hidden + finder)


def test_a_python_without_pip_makes_a_virtual_environment_for_it(machine: Machine) -> None:
    bare(machine)
    done = machine.run()
    assert done.returncode == 7, done.stderr
    assert done.stdout.startswith(f"{machine.kept[0]}/fake_alpha")
    assert not (machine.kept[0] / "pip").exists()


def test_a_python_with_neither_pip_nor_venv_says_what_to_install(machine: Machine) -> None:
    bare(machine, "ensurepip")
    assert_refused(machine.run(), "no pip", DEBIAN)
    assert machine.kept == []


def test_uv_run_is_preferred(machine: Machine) -> None:
    """With a stand-in for uv that notes how it is called."""
    packages = machine.folder / "uv-environment"
    for name in ("fake_alpha", "fake_beta"):
        shutil.unpack_archive(next(machine.index.glob(f"{name}*")), packages, "zip")
    uv = machine.path / "uv"
    uv.write_text(f"#!/bin/sh\n{{ echo \"$@\"; /bin/cat; }} >>{machine.folder}/called\necho {packages}\n")
    uv.chmod(0o755)
    for _ in range(2):
        done = machine.run()
        assert (done.returncode, done.stdout) == (7, f"{machine.kept[0]}/fake_alpha/__init__.py 42\n")
    called = (machine.folder / "called").read_text()
    assert called.startswith("run ")
    assert called.count("run ") == 1, "the second run needs no second process"
    assert BLOCK in called
    assert machine.kept[0].readlink() == packages

    shutil.rmtree(packages)
    uv.unlink()
    done = machine.run()  # uv has cleared its cache, and is gone: pip
    assert (done.returncode, machine.kept[0].is_symlink()) == (7, False)


def test_where_uv_fails_pip_serves(machine: Machine) -> None:
    (machine.path / "uv").write_text("#!/bin/sh\necho nonsense\nexit 2\n")
    (machine.path / "uv").chmod(0o755)
    assert machine.run().returncode == 7


def test_uv_itself(machine: Machine) -> None:
    uv = shutil.which("uv") or str(Path(sys.executable).parent / "uv")
    if not os.access(uv, os.X_OK):
        pytest.skip("needs uv: the extra [dev] brings it")
    (machine.path / "uv").symlink_to(uv)
    machine.variables |= {"UV_FIND_LINKS": str(machine.index), "UV_OFFLINE": "1", "UV_CACHE_DIR": str(machine.folder / "uv-cache")}
    machine.variables["PIP_FIND_LINKS"] = ""  # pip could not
    for _ in range(2):
        done = machine.run()
        assert done.returncode == 7, done.stderr
    assert machine.kept[0].is_symlink()

    shutil.rmtree(machine.folder / "uv-cache")
    machine.variables["UV_FIND_LINKS"] = ""
    assert_refused(machine.run(), "could not be fetched")


def test_a_shell_script_is_started_in_the_same_way(machine: Machine) -> None:
    shell = machine.script.with_suffix(".sh")
    shell.write_text(f'#!/bin/sh\n{BLOCK}exec "{machine.python}" "{machine.script.parent}/launcher.py" "$0" program.cli "$@"\n')
    shell.chmod(0o755)
    done = subprocess.run([shell, "a", "--b"], env=machine.variables, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.split()[1:]) == (7, ["42", "a", "--b"])
    assert done.stderr.startswith("start.sh: fetching")


def test_an_old_python_is_told_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 6, 15))
    assert launcher.start("/x/start.py", "nothing") == 2
    assert capsys.readouterr().err == "start.py: needs Python 3.11 or newer, and this is 3.6\n"


def test_an_old_python_can_read_as_far_as_that() -> None:
    for name in ("launcher.py", "validate_dockerfile.py"):
        ast.parse((SCRIPTS / name).read_text(), feature_version=(3, 7))


OURS = [path for path in SCRIPTS.iterdir() if path.suffix in (".py", ".sh") and "\n# /// script\n" in path.read_text()]


@pytest.mark.parametrize("script", OURS, ids=lambda path: path.name)
def test_our_scripts_say_what_they_need(script: Path) -> None:
    block = launcher.inline_metadata(str(script))
    metadata = tomllib.loads("\n".join(line.removeprefix("#").removeprefix(" ") for line in block.splitlines()))
    assert launcher.dependencies(block) == metadata["dependencies"] != []
    assert metadata["requires-python"] == ">=3.11"
    assert os.access(script, os.X_OK)
    project = tomllib.loads((SCRIPTS.parent / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    assert set(metadata["dependencies"]) <= {*project["dependencies"], *(each for extra in extras for each in extra)}


@pytest.mark.parametrize("name", ["validate_dockerfile.py", "verify_image.py", "analyze_image_size.sh"])
def test_python_need_not_look_beside_the_script(name: str) -> None:
    command = [SCRIPTS / name] if name.endswith(".sh") else [sys.executable, SCRIPTS / name]
    variables = {**os.environ, "PYTHONSAFEPATH": "1", "PYTHONPATH": ""}
    done = subprocess.run([*command, "--version"], env=variables, capture_output=True, text=True)
    assert (done.returncode, done.stderr, done.stdout.split()[1]) == (0, "", VERSION)


def test_the_validator_shows_its_help_with_nothing_installed(machine: Machine) -> None:
    bare(machine, "ensurepip")
    script = SCRIPTS / "validate_dockerfile.py"
    done = subprocess.run([machine.python, script, "--help"], env=machine.variables, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "validate" in done.stdout
