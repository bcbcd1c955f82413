"""One proof from its beginning to its end: what the checks share, each fact found once; and the checks, side by side."""

from __future__ import annotations

import re
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from imageproof import reach
from imageproof.checks import BY_NAME, CHECKS, Check
from imageproof.engine import BuildResult, Container, Engine, RunOptions, Setup, connected
from imageproof.errors import ProofError, Skip
from imageproof.outcome import FAILED, Outcome, skipped
from imageproof.output import Report
from imageproof.processes import Process
from imageproof.progress import SILENT, Progress
from imageproof.reach import Readiness
from imageproof.spec import Spec
from imageproof.workspace import Workspace
from imagesize.units import visible

if TYPE_CHECKING:
    from dockerlint.model import Dockerfile
    from imagesize.model import Image

T = TypeVar("T")
_ROOM = 1 << 28
"""Free bytes that a temporary folder must keep beside an exported image."""
_SERVICE = re.compile(
    r"\b(connection refused|econnrefused|could not translate host name|getaddrinfo|enotfound|no such host|name or service not known|"
    r"unknown host|unknownhostexception|name resolution|can't connect to|could not connect to server)\b",
    re.IGNORECASE,
)
"""What programs say that miss a service,"""
_LAST_LINES = 20
"""in so many of their last lines."""

_NO_BASE = re.compile("failed to parse stage name|base name .* should not be blank")
"""What BuildKit says where the name of a base image is none."""
_KEEPS_BOUNDS = re.compile(r"(?:docker\.io/)?docker/dockerfile(?::(?:latest|labs|1(?:\.(?:[4-9]|[1-9]\d)(?:\.\d+)?)?(?:-labs)?))?")
"""Front ends that put steps into the control group that they are told: Docker's, from 1.4 (BuildKit, pull request 2430).

Another one, which a hostile Dockerfile may bring, could do as it likes, and so could an old one that is named by its digest.
"""

RANDOM_USER = "12345:0"
"""A user that no image knows, in the group that OpenShift gives it."""


def prove(spec: Spec, keep: bool = False, progress: Progress = SILENT) -> Report:
    """Prove what a spec names, and remove all that was made for it; raises ProofError where that cannot be done.

    With `keep` the image that was built stays. This is what programs call: the examples' tests and the evals. Threads of one process
    may make several proofs at once; `engine.end_all` ends them.
    """
    began = time.monotonic()
    checks = selected(spec)
    kept: list[str] = []
    with connected(spec.build_seconds, spec.offline) as engine:
        workspace, held = Workspace(spec), ExitStack()
        try:
            names = {check.name for check in checks}
            workspace.prepare(plant="secrets" in names, touch="rebuild" in names)
            proof = Proof(spec, engine, workspace, progress)
            if not spec.trusted and not spec.image and (note := held.enter_context(engine.bounded(spec.build_memory))):
                proof.notes.append(note)
            outcomes = proof.run_checks(checks)
        finally:
            with _undisturbed():
                progress.wipe()
                kept = engine.close(keep)
                workspace.close()
                held.close()
    built, told = proof.built, proof.told
    return Report(
        subject=visible(spec.image or spec.dockerfile),
        image=proof.image,
        platform=f"{told.get('Os', '')}/{told.get('Architecture', '')}",
        engine=engine.version,
        outcomes=outcomes,
        notes=list(map(visible, proof.notes)),
        seconds=time.monotonic() - began,
        build_seconds=built.seconds if built else 0.0,
        start_seconds=proof.plain.get().readiness.seconds if proof.plain.known else 0.0,
        kept=kept,
    )


def selected(spec: Spec) -> list[Check]:
    """The checks to run; raises ProofError for a name that is none."""
    for name in (*spec.check, *spec.skip):
        if name not in BY_NAME:
            raise ProofError(f"there is no check {name!r}; there are {', '.join(BY_NAME)}")
    wanted = spec.check or tuple(
        check.name for check in CHECKS if check.default or (check.name == "platforms" and spec.platform)
    )
    return [check for check in CHECKS if check.name in wanted and check.name not in spec.skip]


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Within, no signal interrupts: cleaning up is short, and half of it would be worse than none."""
    if threading.current_thread() is not threading.main_thread():  # which alone is interrupted
        yield
        return
    before = {
        number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Shared(Generic[T]):
    """A fact that several checks want: found once, by the first that asks; whoever asks later gets it, or the same refusal."""

    def __init__(self, find: Callable[[], T]) -> None:
        self._find = find
        self._lock = threading.Lock()
        self._future: Future[T] | None = None

    @property
    def known(self) -> bool:
        """Whether it was asked for, and found."""
        return self._future is not None and self._future.done() and self._future.exception() is None

    def get(self) -> T:
        """The fact; raises what finding it raised."""
        with self._lock:
            first = self._future is None
            future = self._future = self._future or Future()
        if first:
            try:
                future.set_result(self._find())
            except BaseException as error:  # noqa: BLE001 - whoever waits must learn of it
                future.set_exception(error)
        return future.result()


class Running(NamedTuple):
    """A container and whether it came to work."""

    container: Container
    readiness: Readiness


class Need(NamedTuple):
    """Another container that this one wants, a database."""

    name: str
    """How it is reached."""
    setup: Setup
    ports: Sequence[int]
    health: bool
    """It has a HEALTHCHECK."""


class Proof:
    """What the checks ask: the spec, the engine, what was built, and how it runs."""

    def __init__(self, spec: Spec, engine: Engine, workspace: Workspace, progress: Progress) -> None:
        self.spec = spec
        self.engine = engine
        self.workspace = workspace
        self.progress = progress
        self.notes: list[str] = []
        """What a reader should know about the whole."""
        self.built: BuildResult | None = None
        self.told: Mapping[str, Any] = {}
        """What the engine tells of the image."""
        self.plain = Shared(self._run_plain)
        self.contents = Shared(self._read_contents)
        self.random_user = Shared(lambda: self.tried(RunOptions(user=RANDOM_USER)))
        self.changed = Shared(self._see_changes)
        """The paths that the plain container wrote until somebody first asked, which is before it is stopped."""
        self.processes = Shared(self._see_processes)
        """Of the plain container as soon as it works, the main one first; none where nobody tells."""
        self._outcomes: dict[str, Future[Outcome]] = {}
        self._needed: list[Need] = []
        self._needs = Shared(self._start_needs)
        self._building = threading.Lock()

    # What is known of the image ----------------------------------------------------------------------------------------------------

    @property
    def image(self) -> str:
        """Its id."""
        return str(self.told.get("Id") or "")

    @property
    def config(self) -> Mapping[str, Any]:
        """Its configuration: User, Env, Cmd, Healthcheck and so on."""
        return self.told.get("Config") or {}

    @property
    def reach(self) -> reach.Reach:
        """How it is reached."""
        return reach.reach_of(self.spec, self.config)

    @property
    def model(self) -> Dockerfile | None:
        """What the Dockerfile means; None where an image was given."""
        if not self.workspace.source:
            return None
        from dockerlint.context import Context
        from dockerlint.evaluate import evaluate
        from dockerlint.model import Options
        from dockerlint.source import Source

        arguments = dict(argument.partition("=")[::2] for argument in self.spec.build_arg)
        source = Source(self.workspace.dockerfile, self.workspace.source)
        return evaluate(
            source,
            Options(target=self.spec.target, build_args=arguments),
            Context(self.workspace.context, self.workspace.dockerfile, given=True),
        )

    @property
    def build_arguments(self) -> list[str]:
        """What every build of this proof is given."""
        lists = (
            ("--build-arg", self.workspace.build_args),
            ("--build-context", self.spec.build_context),
            ("--secret", self.workspace.secrets),
            ("--ssh", self.spec.ssh),
            ("--add-host", self.spec.add_host),
        )
        found = [word for option, values in lists for value in values for word in (option, value)]
        return [*found, "--target", self.spec.target] if self.spec.target else found

    def base_layers(self, image: Image) -> int:
        """How many of the image's first layers are its base image's."""
        model = self.model
        reference = model.target.root.reference_text if model and model.target else ""
        if reference == "scratch":
            return 0
        if reference:
            try:
                base = (self.engine.inspect(reference).get("RootFS") or {}).get("Layers") or []
            except Skip:
                base = []
            if base and [layer.diff_id for layer in image.layers[: len(base)]] == base:
                return len(base)
        return image.base.layers

    def base_variables(self) -> frozenset[str]:
        """What the environment of the base image has, NAME=VALUE; nothing where the engine does not have that image."""
        model = self.model
        try:
            told = self.engine.inspect(model.target.root.reference_text) if model and model.target else {}
        except Skip:
            return frozenset()
        return frozenset(map(str, (told.get("Config") or {}).get("Env") or ()))

    def account(self) -> tuple[int | None, frozenset[int]]:
        """The numeric user that the application runs as, None where that is not known, and its groups."""
        user, _, group = str(self.config.get("User") or "").partition(":")
        if user in ("", "0", "root") and (main := self.main_process()):
            user = str(main.user)  # it may have dropped its privileges
        number = int(user) if user.isdecimal() else 0 if user in ("", "root") else None
        groups = {int(group)} if group.isdecimal() else set[int]()
        for line in self._lines("etc/passwd"):
            if len(line) > 3 and (line[0] == user or line[2] == user) and line[2].isdecimal() and line[3].isdecimal():
                number = int(line[2])
                user = line[0]
                if not group:
                    groups.add(int(line[3]))
                break
        for line in self._lines("etc/group"):
            if (
                len(line) > 3
                and line[2].isdecimal()
                and (line[0] == group or (not group and user in line[3].split(",")))
            ):
                groups.add(int(line[2]))
        return number, frozenset(groups or {0})

    def owner(self) -> tuple[int, int] | None:
        """The numbers of the user that the application runs as and of its first group; None where they are not known."""
        user, _, group = str(self.config.get("User") or "").partition(":")
        number = self.account()[0]
        if number is None:
            return None
        if group.isdecimal():
            return number, int(group)
        for line in self._lines("etc/group" if group else "etc/passwd"):
            if group and len(line) > 2 and line[0] == group and line[2].isdecimal():
                return number, int(line[2])
            if not group and len(line) > 3 and user in (line[0], line[2]) and line[3].isdecimal():
                return number, int(line[3])
        return number, 0

    def _lines(self, path: str) -> Iterator[list[str]]:
        from imagesize.errors import ImageError

        try:
            text = self.contents.get().read(path).decode("utf-8", "replace")
        except (ImageError, Skip):
            return
        for line in text.splitlines():
            yield line.strip().split(":")

    def main_process(self) -> Process | None:
        """The main process of a container that works; None where there is none or nobody tells."""
        try:
            processes = self.processes.get()
        except Skip:
            return None
        return processes[0] if processes else None

    # Containers --------------------------------------------------------------------------------------------------------------------

    @property
    def setup(self) -> Setup:
        """What all containers have in common."""
        spec = self.spec
        return Setup(self.image, spec.env, spec.volume, spec.tmpfs, spec.memory, spec.args, self.reach.ports)

    def start(self, options: RunOptions) -> Container:
        """Start a container, and before the first what it needs."""
        self._needs.get()
        return self.engine.start(self.setup, options)

    def beside(self, options: RunOptions) -> Running:
        """Start a container beside the plain one, which is known to work, and wait for it.

        It may take longer than that one, for they run side by side.
        """
        patience = min(self.spec.start_seconds, 5 + 4 * self.working().readiness.seconds)
        container = self.start(options)
        return Running(container, reach.wait(self.engine, container, self.reach, patience))

    def tried(self, options: RunOptions) -> Readiness:
        """How a container does beside the plain one; it is gone again."""
        running = self.beside(options)
        running.container.remove()
        return running.readiness

    def all_tried(self, *options: RunOptions) -> list[Readiness]:
        """How several do at once."""
        with ThreadPoolExecutor(len(options)) as pool:
            return list(pool.map(self.tried, options))

    def working(self) -> Running:
        """The plain container, which works; raises Skip where it does not."""
        running = self.plain.get()
        if not running.readiness.ready:
            raise Skip("it does not start")
        return running

    def staying(self) -> Running:
        """The plain container, which works and goes on; raises Skip where it does not, or is meant to end."""
        running = self.working()
        if not running.readiness.state.running:
            raise Skip("it ends by itself")
        return running

    def misses_service(self, readiness: Readiness) -> bool:
        """Whether the last words of a program that does not come to work say that it wants a service which nobody gave it."""
        last = "\n".join(readiness.log.splitlines()[-_LAST_LINES:])
        return not self.spec.needs and not readiness.listens and bool(_SERVICE.search(last))

    def _run_plain(self) -> Running:
        known = self.reach
        container = self.start(RunOptions(quick_health=known.health and not known.ports))
        return Running(container, reach.wait(self.engine, container, known, self.spec.start_seconds))

    def _see_changes(self) -> list[str]:
        return self.working().container.changed()

    def _see_processes(self) -> list[Process]:
        return self.working().container.processes()

    def _find_needs(self) -> Iterator[Need]:
        """What --needs names; raises ProofError for an image that the engine has not."""
        for text in self.spec.needs:
            head, *variables = text.split(",")
            name, equals, image = head.partition("=")
            if not equals:
                image, name = head, head.partition("@")[0].rpartition("/")[2].partition(":")[0]
            try:
                config = self.engine.inspect(image).get("Config") or {}
            except Skip:
                raise ProofError(
                    f"--needs {image}: the engine has no such image; `docker pull {image}` brings it"
                ) from None
            ports = sorted(
                int(port.partition("/")[0]) for port in config.get("ExposedPorts") or () if port.endswith("/tcp")
            )
            setup = Setup(image, tuple(variables), memory=self.spec.memory)
            yield Need(name, setup, ports, bool(reach.healthcheck(config)))

    def _start_needs(self) -> None:
        for need in self._needed:
            container = self.engine.start(need.setup, RunOptions(quick_health=True), need.name, main=False)
            self._wait_for(need, container)

    def _wait_for(self, need: Need, container: Container) -> None:
        deadline = time.monotonic() + self.spec.start_seconds
        while True:
            state = container.state()
            if not state.running:
                raise Skip(
                    f"the needed {need.name} ends with exit status {state.exit_status}{reach.last_words(container.log())}"
                )
            if state.health == "healthy" or (not need.health and (not need.ports or reach.any_open(state, need.ports))):
                return
            if time.monotonic() > deadline:
                raise Skip(
                    f"the needed {need.name} does not answer within {self.spec.start_seconds:g} s{reach.last_words(container.log())}"
                )
            self.engine.sleep(0.1)

    # The image's layers ------------------------------------------------------------------------------------------------------------

    def _read_contents(self) -> Image:
        return self.read_image(self.image, "image.tar")

    def read_image(self, identity: str, name: str) -> Image:
        """Export an image to the workspace and read its layers; raises Skip where that cannot be done."""
        import shutil

        from imagesize import packages
        from imagesize.errors import ImageError
        from imagesize.sources import Options, load_all, without_layers

        path, told = self.workspace.path(name), self.engine.inspect(identity)
        if not (told.get("RootFS") or {}).get("Layers"):
            return without_layers(self.engine.client, identity, told)
        size = int(told.get("Size") or 0)
        if size + _ROOM > shutil.disk_usage(self.workspace.folder).free:
            raise Skip(f"there is no room in {self.workspace.folder} for a copy of the image: set TMPDIR")
        try:
            self.engine.export(identity, path)
            image: Image = load_all([path], Options(interest=packages.INTEREST))[0]
        except ImageError as error:
            raise Skip(f"its layers cannot be read: {error}") from None
        except OSError as error:
            raise Skip(f"the image cannot be copied to {self.workspace.folder}: {error.strerror}") from None
        return image

    # Checks ------------------------------------------------------------------------------------------------------------------------

    def outcome(self, name: str) -> Outcome | None:
        """What another check found, once it has; None where it does not run."""
        future = self._outcomes.get(name)
        return future.result() if future else None

    def runs(self, name: str) -> bool:
        """Whether a check was asked for."""
        return name in self._outcomes

    def failed(self, name: str) -> bool:
        """Whether another check runs and fails."""
        outcome = self.outcome(name)
        return outcome is not None and outcome.status == FAILED

    def run_checks(self, checks: Sequence[Check]) -> list[Outcome]:
        """Build, then run the checks side by side; their outcomes in the order of the table. Raises ProofError."""
        self._prepare()
        outcomes: dict[str, Outcome] = {}
        if self.built is not None and not self.built.ok:
            checks = [BY_NAME["build"], *(check for check in checks if check.name != "build")]
            for check in checks:
                outcomes[check.name] = self._finish(
                    check, self._one(check) if check.name == "build" else skipped("it does not build")
                )
            return [outcomes[check.name] for check in checks]
        pool = ThreadPoolExecutor(max(1, len(checks)), "check")
        try:
            gate = threading.Event()  # each check may wait for another: all must be known before the first begins
            for check in checks:
                self._outcomes[check.name] = pool.submit(self._gated, gate, check)
            gate.set()
            waiting = {self._outcomes[check.name]: check for check in checks}
            for future in as_completed(waiting):
                outcomes[waiting[future].name] = self._finish(waiting[future], future.result())
                if left := [check.name for check in checks if check.name not in outcomes]:
                    self.progress.status(f"checking: {', '.join(left)}")
        except BaseException:
            self.engine.end()  # whoever still works is told so
            raise
        finally:
            pool.shutdown(cancel_futures=True)
        return [outcomes[check.name] for check in checks]

    def _gated(self, gate: threading.Event, check: Check) -> Outcome:
        gate.wait()
        return self._one(check)

    def _one(self, check: Check) -> Outcome:
        began = time.monotonic()
        try:
            outcome = check.judge(self)
        except Skip as reason:
            outcome = skipped(str(reason))
        return outcome._replace(name=check.name, seconds=time.monotonic() - began)

    def _finish(self, check: Check, outcome: Outcome) -> Outcome:
        outcome = outcome._replace(
            name=check.name,
            seen=visible(outcome.seen),
            change=visible(outcome.change),
            notes=tuple(map(visible, outcome.notes)),
        )
        self.progress.done(outcome)
        return outcome

    def _prepare(self) -> None:
        """Find what it needs, then build the image, or find it, too."""
        self._needed = list(self._find_needs())
        if self.spec.image:
            try:
                self.told = self.engine.inspect(self.spec.image)
            except Skip as error:
                raise ProofError(
                    f"the engine has no image {self.spec.image} ({error}): `docker pull` it first, or build it"
                ) from None
            self._know_port()
            return
        if self.engine.bounds_steps and (front_end := self.workspace.front_end) and not _KEEPS_BOUNDS.fullmatch(front_end):
            self.workspace.without_syntax()
            self.notes.append(f"The front end {front_end} need not keep the bounds of steps: the engine's own was used, but for --trusted.")
        self.progress.status("building")
        self.built = self.build()
        if self.built.ok:
            self.told = self.engine.inspect(self.built.image)
            self._know_port()
        elif _NO_BASE.search(self.built.failure):
            self._miss_arguments()

    def _know_port(self) -> None:
        """Raise ProofError where an answer is asked for, and nothing tells on which port."""
        asked = next((name for name in ("path", "expect") if getattr(self.spec, name)), "")
        if asked and not self.reach.ports:
            raise ProofError(f"--{asked} is asked of a port, and the image EXPOSEs none: give --port")

    def _miss_arguments(self) -> None:
        """Raise ProofError where a base image is named by a build argument that has no value."""
        model = self.model
        given = {argument.partition("=")[0] for argument in self.workspace.build_args}
        empty = {
            pair.key.value
            for each in (model.before_first_stage if model else ())
            for pair in each.pairs
            if each.keyword == "ARG" and pair.value is None
        }
        for stage in model.stages if model else ():
            for name in sorted(empty - given):
                if stage.reaches_target and re.search(
                    rf"\$(?:{re.escape(name)}\b|\{{{re.escape(name)}\}})", stage.instruction.value
                ):
                    raise ProofError(
                        f"the build argument {name}, which names the base image in line {stage.instruction.line}, "
                        f"has no value: give --build-arg {name}=…"
                    )

    def build(
        self, *arguments: str, context: str = "", output: Sequence[str] = (), variables: Mapping[str, str] | None = None
    ) -> BuildResult:
        """Build what the spec names; where the engine cannot have the front end of its `# syntax=` line, with the engine's own."""
        workspace = self.workspace
        build = partial(
            self.engine.build,
            workspace.dockerfile,
            context or workspace.context,
            [*self.build_arguments, *arguments],
            self.progress.status,
            output,
            variables,
        )
        with self._building:  # two at once would share steps, and neither could tell which of them it ran
            result = build()
            if self.engine.lacks_front_end(result) and (front_end := workspace.without_syntax()):
                self.notes.append(f"The engine cannot have the front end {front_end}: its own was used.")
                result = build()
            return result
