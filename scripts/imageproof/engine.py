"""The only module that talks to an engine: builds, containers, a network, all of which are gone when it is closed.

Everything it creates carries the label `imageproof`, so that a person finds what a killed proof left behind:
`docker ps -a --filter label=imageproof`. No folder of the host is mounted, no privilege is given; memory, processes, log
size and time of containers and of a build's steps are bounded, and the disk where it can be seen from here.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from imageproof.buildlog import BuildLog
from imageproof.confinement import IDLE, Disk, can_confine, confined, disk_of, engine_process, idle_image
from imageproof.confinement import PROCESSES as BUILD_PROCESSES
from imageproof.errors import ProofError, Skip
from imageproof.processes import Process, local_processes
from imagesize.errors import ImageError
from imagesize.units import size

LABEL = "imageproof"
PROCESSES = 512
"""Processes and threads that a container may have."""
LOG_BYTES = 1 << 20
"""Bytes of its log that the engine keeps, and that are read."""
TMPFS_BYTES = 64 << 20
"""Size of a tmpfs whose size is not said."""
_POLL = 0.05
_LOOK = 0.5  # seconds between two looks at the disk
_PATIENCE = 30.0  # seconds for an engine to create a container
_EXPORTS = 10.0  # seconds for an engine to make an image of what was built
_UNHEARD = 0.5  # seconds in which an engine may have begun that unheard
_LOCAL = "http+docker://localhost"  # what the client calls a Unix socket
_LOOPBACK = "127.0.0.1"
_SECOND = 1_000_000_000  # nanoseconds, as engines count
_NO_FRONT_END = re.compile(
    r"failed to resolve source metadata for \S*dockerfile\S*:|failed to (?:do request|fetch|authorize).*dockerfile"
)


class BuildResult(NamedTuple):
    """What a build brought."""

    image: str
    """The image's id; empty where the build failed."""
    log: BuildLog
    seconds: float
    failure: str
    """Why it failed, in a sentence."""

    @property
    def ok(self) -> bool:
        return not self.failure


class RunOptions(NamedTuple):
    """How a container differs from what the spec says."""

    user: str = ""
    read_only: bool = False
    locked: bool = False
    """All capabilities dropped, no new privileges."""
    init: bool = False
    quick_health: bool = False
    """The image's HEALTHCHECK, asked often."""


class Setup(NamedTuple):
    """What all containers of one proof have in common."""

    image: str
    env: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    tmpfs: tuple[str, ...] = ()
    memory: int = 1 << 30
    args: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()


class Probe(NamedTuple):
    """One health check that has ended."""

    began: str
    seconds: float
    status: int


class State(NamedTuple):
    """What an engine says of a container."""

    running: bool
    exit_status: int
    health: str
    """starting, healthy, unhealthy, or nothing."""
    probe: str
    """What its last health check printed."""
    probes: tuple[Probe, ...]
    """The last health checks."""
    out_of_memory: bool
    error: str
    pid: int
    address: str
    published: Mapping[int, tuple[str, int]]
    """By the container's ports where an engine that is not near publishes them: host and port."""


class Container:
    """A container that this proof started."""

    def __init__(self, engine: Engine, identity: str, network: str) -> None:
        self._engine = engine
        self.id = identity
        self._network = network
        self.started = time.monotonic()

    def state(self) -> State:
        """What the engine says of it now."""
        with self._engine.asking():
            told = self._engine.client.inspect_container(self.id)
        state, networks = told.get("State") or {}, told.get("NetworkSettings") or {}
        health = state.get("Health") or {}
        probes = health.get("Log") or []
        ports = {
            int(port.partition("/")[0]): (self._engine.host or _LOOPBACK, int(bindings[0]["HostPort"]))
            for port, bindings in (networks.get("Ports") or {}).items()
            if bindings
        }
        return State(
            bool(state.get("Running")),
            int(state.get("ExitCode") or 0),
            str(health.get("Status") or "").replace("none", ""),
            str(probes[-1].get("Output") or "") if probes else "",
            tuple(_probe(probe) for probe in probes),
            bool(state.get("OOMKilled")),
            str(state.get("Error") or ""),
            int(state.get("Pid") or 0),
            str(((networks.get("Networks") or {}).get(self._network) or {}).get("IPAddress") or ""),
            ports,
        )

    def log(self) -> str:
        """The end of what it printed; bounded."""
        with self._engine.asking():
            data: bytes = self._engine.client.logs(self.id, tail=2000)
        return data[-LOG_BYTES:].decode("utf-8", "replace")

    def changed(self) -> list[str]:
        """The paths that it wrote, made or removed."""
        with self._engine.asking():
            return [str(change["Path"]) for change in self._engine.client.diff(self.id) or ()]

    def signal(self, name: str) -> None:
        """Send a signal to its main process; nothing where it has ended."""
        with suppress(Skip), self._engine.asking():
            self._engine.client.kill(self.id, name)

    def ended(self, seconds: float) -> State | None:
        """Wait until it has ended, at most so long; None where it has not."""
        deadline = time.monotonic() + seconds
        while True:
            state = self.state()
            if not state.running:
                return state
            if time.monotonic() >= deadline:
                return None
            self._engine.sleep(_POLL)

    def processes(self) -> list[Process]:
        """Its processes, the main one first; empty where neither this machine nor the engine tells."""
        if found := local_processes(self.state().pid, self.id):
            return found
        try:
            with self._engine.asking():
                told = self._engine.client.top(self.id, "-eo pid,ppid,uid,stat,args")
        except Skip:
            return []
        rows = [
            Process(int(row[0]), int(row[1]), int(row[2]), row[3], row[4])
            for row in told.get("Processes") or ()
            if row[0].isdecimal()
        ]
        inside = {row.pid for row in rows}
        return sorted(rows, key=lambda row: (row.parent in inside, row.pid))

    def freeze(self, main: bool, spared: frozenset[int] = frozenset()) -> bool:
        """Stop its processes as SIGSTOP does, but for the spared; without `main` all but the main one. Whether that was possible."""
        processes = self.processes()
        if main:
            self.signal("SIGSTOP")
        others = [process for process in processes[1:] if process.pid not in spared]
        if processes and not others:
            return main
        if others and others[0].local and all(process.stop() for process in others):
            return True
        return not spared and (
            self._execute(["/bin/sh", "-c", "kill -STOP -1"]) == 0 or not processes
        )  # its shell is told to stop all but itself and the main one

    def _execute(self, command: list[str]) -> int:
        with suppress(Skip), self._engine.asking():
            made = self._engine.client.exec_create(self.id, command)
            self._engine.client.exec_start(made["Id"], detach=False)
            return int(self._engine.client.exec_inspect(made["Id"]).get("ExitCode") or 0)
        return 127

    def remove(self) -> None:
        """End it and remove it with its volumes, soon: nobody need wait for that."""
        self._engine.remove_soon(self.id)


class Engine:
    """An engine, and all that one proof makes in it. Several proofs may be under way at once, each with an engine of its own."""

    def __init__(self, client: Any, build_seconds: float, offline: bool = False) -> None:
        self.client = client
        self.key = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._build_seconds = build_seconds
        self._offline = offline
        self._docker: Any = import_module("docker")
        self._requests: Any = import_module("requests")
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._why = "the proof was ended"
        self._builds: set[subprocess.Popen[bytes]] = set()
        self._tags: dict[str, str] = {}
        self._unfinished: dict[str, BuildLog] = {}
        self._removals = ThreadPoolExecutor(8, "removal")
        self._leaving: set[str] = set()
        self._made = threading.Condition()
        self._in_the_making = 0
        self._network = ""
        self._cgroup = ""
        with self.asking():
            self.info: Mapping[str, Any] = client.info()
            self._images_before = {str(image["Id"]) for image in client.images() if not _made_by_a_proof(image)}
        self._process = engine_process(client.get_adapter(client.base_url).socket_path) if self._near else 0
        self._disk = disk_of(self._process, str(self.info.get("DockerRootDir"))) if self._near else None
        if self._disk:
            threading.Thread(target=self._watch, args=(self._disk,), daemon=True).start()

    # What it is --------------------------------------------------------------------------------------------------------------------

    @property
    def version(self) -> str:
        return str(self.info.get("ServerVersion") or "")

    @property
    def platform(self) -> str:
        """What it runs, such as linux/amd64."""
        machine = str(self.info.get("Architecture") or "")
        names = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm/v7", "armv6l": "arm/v6", "i686": "386"}
        return f"{self.info.get('OSType') or 'linux'}/{names.get(machine, machine)}"

    @property
    def bounds_steps(self) -> bool:
        """Whether the steps of builds have bounds now."""
        return bool(self._cgroup)

    @property
    def _near(self) -> bool:
        """Whether its containers' addresses can be reached from here."""
        local = self.client.base_url == _LOCAL and sys.platform == "linux"
        return local and not self._rootless and "Desktop" not in str(self.info.get("OperatingSystem"))

    @property
    def host(self) -> str:
        """The machine that it is on; nothing where that is this one."""
        url = str(self.client.base_url)
        if url.endswith("://ssh"):
            url = f"ssh://{self.client.get_adapter(url).ssh_host}"
        name = urlsplit(url).hostname or ""
        return "" if url == _LOCAL or name in ("localhost", "localnpipe", "::1") or name.startswith("127.") else name

    @property
    def _rootless(self) -> bool:
        return bool(self.info.get("Rootless")) or "rootless" in " ".join(map(str, self.info.get("SecurityOptions") or ()))

    @property
    def podman(self) -> bool:
        """Whether it is Podman, which answers as Docker does, with less."""
        return "BuildahVersion" in self.info

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Within, what the engine refuses raises Skip, and its silence ProofError."""
        if self._closed.is_set():
            raise ProofError(self._why)
        try:
            yield
        except self._docker.errors.APIError as error:
            raise Skip(f"the engine refuses: {' '.join(str(error.explanation or error).split())[:300]}") from None
        except self._docker.errors.DockerException as error:
            raise ProofError(f"the engine does not answer: {str(error)[:200]}") from None
        except self._requests.exceptions.RequestException as error:
            raise ProofError(f"the connection to the engine broke: {str(error)[:200]}") from None

    def sleep(self, seconds: float) -> None:
        """Wait, but not beyond the proof's end."""
        if self._closed.wait(seconds):
            raise ProofError(self._why)

    def _watch(self, disk: Disk) -> None:
        """End the proof before what it builds and runs has filled the engine's disk."""
        while not self._closed.wait(_LOOK):
            if disk.full:
                self._why = (
                    f"the proof was ended: what it builds and runs has filled the engine's disk, of which {size(disk.least)} must stay free"
                )
                self.end()

    @contextmanager
    def bounded(self, memory: int) -> Iterator[str]:
        """Within, all steps of builds together have so many bytes of memory (0: three quarters of the engine's) and a number of processes.

        Gives what a reader should know about it. Raises ProofError where this engine cannot do that.
        """
        if self.podman:
            raise ProofError("podman builds without buildx: `podman build -t NAME .` does it, then give --image NAME")
        if builder := self._other_builder():
            yield f"The steps of the build had only the bounds of the builder {builder}."
            return
        memory = memory or int(self.info.get("MemTotal") or 0) * 3 // 4
        with ExitStack() as held:
            if can_confine(self._process):
                with suppress(OSError):
                    self._cgroup = held.enter_context(confined(self.key, memory))
            if not self._cgroup:
                self._cgroup = self._idle(memory)
            yield ""

    def _idle(self, memory: int) -> str:
        """Start a container that does nothing; its control group, which bounds what is put into it."""
        driver, machine = str(self.info.get("CgroupDriver")), str(self.info.get("Architecture"))
        place = {"cgroupfs": ("/docker", "/docker/{}"), "systemd": ("system.slice", "/system.slice/docker-{}.scope")}.get(driver)
        bounds = self.info.get("MemoryLimit") and self.info.get("PidsLimit") and not self._rootless
        if not place or not bounds:
            kind = "a rootless engine" if self._rootless else "this engine"
            raise ProofError(f"{kind} cannot bound what a build runs; --trusted does without bounds")
        tag = self._tag()
        try:
            with self._making(), self.asking():
                self.client.import_image_from_data(idle_image(machine), *tag.split(":"))
        except KeyError:
            raise ProofError(f"on {machine} nothing bounds what a build runs; --trusted does without bounds") from None
        host = self.client.create_host_config(
            network_mode="none",
            mem_limit=memory,
            memswap_limit=memory,
            pids_limit=BUILD_PROCESSES,
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            cgroup_parent=place[0],
        )
        with self._making(), self.asking():
            made = self.client.create_container(tag, [IDLE], host_config=host, labels={LABEL: self.key}, name=f"{LABEL}-{self.key}-bounds")
        with self.asking():
            self.client.start(made["Id"])
        return place[1].format(made["Id"])

    def _other_builder(self) -> str:
        """The name of the builder that buildx would use, where it is not the engine's own."""
        home = os.environ.get("BUILDX_CONFIG") or os.path.join(os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker"), "buildx")
        if not os.environ.get("BUILDX_BUILDER") and not os.path.exists(os.path.join(home, "current")):
            return ""
        told = bytearray()
        self._run(["docker", "buildx", "inspect"], lambda line: None, lambda: None, {}, told)
        fields = dict(line.partition(":")[::2] for line in reversed(told.decode("utf-8", "replace").splitlines()))
        return "" if fields.get("Driver", "docker").strip() == "docker" else fields.get("Name", "").strip()

    # Images ------------------------------------------------------------------------------------------------------------------------

    def inspect(self, image: str) -> dict[str, Any]:
        """What the engine tells of an image; raises Skip where it has none of that name."""
        with self.asking():
            told: dict[str, Any] = self.client.inspect_image(image)
        return told

    def export(self, image: str, path: str) -> None:
        """Write the image as a `docker save` archive to a file."""
        from imagesize.engine import exported

        with self.asking(), open(path, "wb") as file:
            read = exported(self.client, [image])
            while data := read():
                file.write(data)
                if self._closed.is_set():
                    raise ProofError(self._why)

    def build(
        self,
        dockerfile: str,
        context: str,
        arguments: Sequence[str],
        show: Callable[..., object] | None = None,
        output: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> BuildResult:
        """Build with buildx. Without an `output` the image stays in the engine until the proof is closed.

        `show` is told what goes on, some lines each time. Raises ProofError where there is no buildx; a build that fails is a result.
        """
        began = time.monotonic()
        tag = "" if output else self._tag()
        kept = [
            *(output or ("--load", "--tag", tag)),
            *(("--cgroup-parent", self._cgroup) if self._cgroup else ()),
            *(("--network", "none") if self._offline else ()),
        ]
        command = [
            "docker",
            "buildx",
            "build",
            "--progress=rawjson",
            *kept,
            "--file",
            dockerfile,
            *arguments,
            "--",
            context,
        ]
        log = self._unfinished[tag] = BuildLog()
        status = self._run(command, log.read, lambda: show(*log.tail) if show else None, variables or {})
        seconds = time.monotonic() - began
        if status is None:
            return BuildResult(
                "", log, seconds, f"it did not end within {self._build_seconds:g} s; the last it did: {log.last}"
            )
        del self._unfinished[tag]
        if status:
            self._cannot(log)
            return BuildResult("", log, seconds, log.failure)
        if output:
            return BuildResult("", log, seconds, "")
        identity = str(self.inspect(tag)["Id"])
        self._tags[tag] = identity
        return BuildResult(identity, log, seconds, "")

    def _tag(self) -> str:
        """Another name for an image, which is removed in the end."""
        with self._lock:
            tag = f"{LABEL}-{self.key}:{len(self._tags)}"
            self._tags[tag] = ""
        return tag

    @staticmethod
    def lacks_front_end(result: BuildResult) -> bool:
        """Whether a build failed because the front end of its `# syntax=` line cannot be had."""
        return not result.ok and not result.log.work and bool(_NO_FRONT_END.search(result.failure))

    def complaints(self, dockerfile: str, context: str, arguments: Sequence[str]) -> list[dict[str, Any]] | None:
        """What `docker build --check` warns of; None where this buildx cannot check."""
        import json

        told = bytearray()
        command = [
            "docker",
            "buildx",
            "build",
            "--call=check,format=json",
            "--file",
            dockerfile,
            *arguments,
            "--",
            context,
        ]
        self._run(command, lambda line: None, lambda: None, {}, told)
        try:
            warnings = json.loads(told).get("warnings") or []
        except (ValueError, AttributeError):
            return None
        return [warning for warning in warnings if isinstance(warning, dict)]

    @staticmethod
    def _cannot(log: BuildLog) -> None:
        """Raise ProofError where it was not the build that failed, but buildx."""
        words = "\n".join(log.rest)
        if (
            "'buildx' is not a docker command" in words
            or "unknown command: docker buildx" in words
            or "unknown flag: --load" in words
        ):
            raise ProofError("building needs docker's buildx plugin (Debian: docker-buildx), or give --image")
        if "rawjson" in words:
            raise ProofError("building needs buildx 0.13 or newer")
        if "Cannot connect to the Docker daemon" in words:
            raise ProofError("docker cannot reach its engine: is the chosen context the right one?")

    def _run(
        self,
        command: list[str],
        read: Callable[[bytes], object],
        tick: Callable[[], object],
        variables: Mapping[str, str],
        out: bytearray | None = None,
    ) -> int | None:
        """Run a program; its exit status, None where it took too long.

        What it says goes line by line to `read`, its standard output to `out`.
        """
        environment = {**os.environ, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1", "DOCKER_CLI_HINTS": "false", **variables}
        with self._lock:
            if self._closed.is_set():
                raise ProofError(self._why)
            try:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE if out is not None else subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    env=environment,
                    start_new_session=True,
                )
            except OSError as error:
                raise ProofError(
                    f"building needs the program docker with buildx, which cannot be run ({error.strerror}): install it, or give --image"
                ) from None
            self._builds.add(process)
        late = threading.Event()

        def give_up() -> None:
            late.set()
            process.terminate()

        timer = threading.Timer(self._build_seconds, give_up)
        timer.daemon = True
        timer.start()
        try:
            assert process.stderr
            told = process.stdout
            reader = (
                threading.Thread(target=lambda: out.extend(told.read(64 << 20)), daemon=True)
                if told and out is not None
                else None
            )
            if reader:
                reader.start()
            while line := process.stderr.readline(4 << 20):
                read(line)
                tick()
            status = process.wait()
            if reader:
                reader.join()
        finally:
            timer.cancel()
            self._end(process)
        if self._closed.is_set():
            raise ProofError(self._why)
        return None if late.is_set() else status

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        self._builds.discard(process)
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()

    # Containers --------------------------------------------------------------------------------------------------------------------

    def network(self) -> str:
        """A network of this proof's own, so that no other container is within reach of what is proved."""
        with self._lock:
            if not self._network:
                name = f"{LABEL}-{self.key}"
                with self.asking():
                    self.client.create_network(name, driver="bridge", internal=self._offline, labels={LABEL: self.key})
                self._network = name
            return self._network

    def start(self, setup: Setup, options: RunOptions, name: str = "", main: bool = True) -> Container:
        """Start a container; raises Skip with the engine's words where that is refused. `name` is how others on the network reach it."""
        network = self.network()
        client = self.client
        # no interval of its own within the start period: not every engine knows of that
        quick = (
            {"Interval": _SECOND // 4, "Timeout": 5 * _SECOND, "StartPeriod": _SECOND // 1000, "Retries": 1}
            if options.quick_health
            else None
        )
        publish = main and not self._near
        if publish and setup.ports and self._offline:
            raise ProofError("--offline hides a port from everybody but an engine's own machine, and this engine is on another")
        host = client.create_host_config(
            network_mode=network,
            mem_limit=setup.memory,
            memswap_limit=setup.memory,
            pids_limit=PROCESSES,
            read_only=options.read_only,
            cap_drop=["ALL"] if options.locked else None,
            security_opt=["no-new-privileges"] if options.locked else None,
            init=options.init or None,
            log_config=self._docker.types.LogConfig(
                type="json-file", config={"max-size": str(LOG_BYTES), "max-file": "1"}
            ),
            ulimits=[self._docker.types.Ulimit(name="core", soft=0, hard=0)],
            tmpfs=dict(map(_tmpfs, setup.tmpfs)),
            port_bindings=dict.fromkeys(setup.ports, ("0.0.0.0" if self.host else _LOOPBACK,)) if publish else None,
        )
        networking = client.create_networking_config(
            {network: client.create_endpoint_config(aliases=[name] if name else None)}
        )
        with self._making(), self.asking():
            made = client.create_container(
                setup.image,
                list(setup.args) or None,
                user=options.user or None,
                environment=list(setup.env) or None,
                volumes=list(setup.volumes) or None,
                ports=list(setup.ports) if publish else None,
                host_config=host,
                networking_config=networking,
                labels={LABEL: self.key},
                name=f"{LABEL}-{self.key}-{secrets.token_hex(3)}",
                healthcheck=quick,
            )
        container = Container(self, str(made["Id"]), network)
        with self.asking():
            client.start(container.id)
        container.started = time.monotonic()
        return container

    @contextmanager
    def _making(self) -> Iterator[None]:
        """Within, something is created that `end` must wait for, so that `close` finds it."""
        with self._made:
            if self._closed.is_set():
                raise ProofError(self._why)
            self._in_the_making += 1
        try:
            yield
        finally:
            with self._made:
                self._in_the_making -= 1
                self._made.notify_all()

    def remove_soon(self, identity: str) -> None:
        """Remove a container with its volumes, running or not, while the proof goes on."""
        self._leaving.add(identity)
        with suppress(RuntimeError):  # the proof has ended, and removes all
            self._removals.submit(self._remove, identity)

    def _remove(self, identity: str) -> None:
        try:
            self.client.remove_container(identity, v=True, force=True)
        except (self._docker.errors.APIError, self._requests.exceptions.RequestException):
            self._leaving.discard(identity)  # the end tries again

    # The end -----------------------------------------------------------------------------------------------------------------------

    def end(self) -> None:
        """Let nothing begin any more, and end the builds: whoever waits is told by ProofError."""
        self._closed.set()
        with self._lock:
            builds = list(self._builds)
        for process in builds:
            with suppress(OSError):
                process.terminate()
        with self._made:
            self._made.wait_for(lambda: not self._in_the_making, _PATIENCE)

    def close(self, keep: bool = False) -> list[str]:
        """End and remove all that was made. With `keep` the image that was built first stays: returns its names."""
        self.end()
        errors = (self._docker.errors.DockerException, self._requests.exceptions.RequestException)
        mine = {"label": f"{LABEL}={self.key}"}
        with self._removals, suppress(*errors):
            for container in self.client.containers(all=True, filters=mine):
                if container["Id"] not in self._leaving:  # an engine lists those, too, that it is about to remove
                    self.remove_soon(str(container["Id"]))
        with suppress(*errors):
            for network in self.client.networks(filters=mine):
                self.client.remove_network(network["Id"])
        kept = [tag for tag, identity in self._tags.items() if identity][:1] if keep else []
        with suppress(*errors):
            self._settle()
        for tag in self._tags:
            if tag not in kept:
                with suppress(*errors):
                    self._untag(tag)
        return kept

    def _settle(self) -> None:
        """Wait for the images of builds that were ended: an engine that has begun to export one goes on without its client."""
        began = time.monotonic()
        for tag, log in self._unfinished.items():
            while tag and time.monotonic() < began + (_EXPORTS if log.exporting else _UNHEARD):
                with suppress(self._docker.errors.ImageNotFound):
                    self.client.inspect_image(tag)
                    break
                time.sleep(_POLL)

    def _untag(self, tag: str) -> None:
        """Take our name from an image, and remove it unless it was there before without a name."""
        told = self.client.inspect_image(tag)
        if told["Id"] in self._images_before and told.get("RepoTags") == [tag]:
            # an engine removes an image with its last name, unless the name is given to another image: to an empty one
            self.client.import_image_from_data(bytes(1024), *tag.split(":"))
        self.client.remove_image(tag)


def _made_by_a_proof(image: Mapping[str, Any]) -> bool:
    """Whether all names of an image are some proof's: it is not for another proof to keep."""
    names = [name for name in image.get("RepoTags") or () if name != "<none>:<none>"]
    return bool(names) and all(name.startswith(f"{LABEL}-") for name in names)


def _probe(told: Mapping[str, Any]) -> Probe:
    from datetime import datetime

    began = str(told.get("Start"))
    try:
        seconds = (datetime.fromisoformat(str(told.get("End"))) - datetime.fromisoformat(began)).total_seconds()
    except ValueError:
        seconds = 0.0
    return Probe(began, seconds, int(told.get("ExitCode") or 0))


def _tmpfs(text: str) -> tuple[str, str]:
    path, _, options = text.partition(":")
    options = options or "mode=1777"
    return path, options if "size=" in options else f"{options},size={TMPFS_BYTES}"


_open: set[Engine] = set()


def end_all() -> None:
    """End all proofs of this process, those of other threads: each removes what it made, and raises ProofError."""
    for engine in list(_open):
        engine.end()


@contextmanager
def connected(build_seconds: float, offline: bool = False) -> Iterator[Engine]:
    """The engine that this machine's docker would use, else podman's; raises ProofError where none answers. The caller closes it."""
    from imagesize.engine import connected as connected_client

    try:
        with connected_client() as client:
            engine = Engine(client, build_seconds, offline)
            _open.add(engine)
            try:
                yield engine
            finally:
                _open.discard(engine)
    except ImageError as error:
        raise ProofError(str(error).removesuffix(", and there is no such file")) from None
