"""Package managers: how each installs, cleans, pins and locks, and where it keeps what it downloads.

Every rule about packages, and the reference's table of cache locations, read this one table. Paths beginning with `~` are in
the home folder of the user who runs the command (`/root` for root). What is said of an official image holds in `golang`,
`rust`, `ruby`, `composer`, `gradle` and their variants on Docker Hub.

Sources: each manager's own manual; the Dockerfiles of the official images for the variables that they set
(GOPATH=/go, CARGO_HOME=/usr/local/cargo, GEM_HOME=/usr/local/bundle, COMPOSER_HOME=/tmp).
"""

from __future__ import annotations

from typing import NamedTuple


class Cache(NamedTuple):
    """A folder in which a package manager keeps downloads, and where a cache mount belongs."""

    path: str  # "~" is the home folder; "" where it is known in the official image only
    variable: str = ""  # environment variable that moves it
    below: str = ""  # the cache is this folder below what the variable names
    otherwise: tuple[str, str] = ("", "")  # the variable that moves it where that one is not set, and the folder below that
    official: str = ""  # its path in the official image of the language, where another
    needed: bool = True  # False: a further one that not every build uses
    sharing: str = ""  # the sharing mode that the mount needs: two builds at once would break it otherwise


class Manager(NamedTuple):
    """One package manager.

    `actions` maps a verb (one word or two: "mod download") to what it does:
    "install" (packages named on the line, or, where none is named, those of the manifest), "restore" (those of the manifest or lock
    file), "build" (compiles, and downloads what is missing), "update" (refreshes the package index), "upgrade", "remove", "clean".
    """

    name: str
    commands: tuple[str, ...]
    actions: dict[str, str]
    system: bool = False  # the distribution's own
    bare: str = ""  # what it does without a verb
    other: str = ""  # what it does at a verb that is not in `actions`
    local: str = "restore"  # what "install" is where nothing of the registry is named
    yes: tuple[str, ...] = ()  # flags that answer its questions; empty: it asks none
    valued: frozenset[str] = frozenset()  # options that take the next word
    lists: tuple[str, ...] = ()  # where its package index is
    caches: tuple[Cache, ...] = ()
    language: str = ""  # whose official image has the `official` paths; an image named like the manager has them, too
    uncached: tuple[str, ...] = ()  # flags and variables (NAME or NAME=value) that turn the cache off
    clean: str = ""  # the command that empties index and cache, in the same RUN
    manifests: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    folder: str = ""  # where it installs a project's dependencies, seen from the project
    locked: str = ""  # the command that installs exactly what the lock file says, and fails where it is out of date
    pin: str = ""  # how a version is pinned


def _options(names: str) -> frozenset[str]:
    return frozenset(names.split())


def _actions(**verbs: str) -> dict[str, str]:
    """`install="a b"` becomes {"a": "install", "b": "install"}; "_" in a verb stands for the space of a verb of two words."""
    return {verb.replace("_", " "): action for action, names in verbs.items() for verb in names.split()}


_RPM_OPTIONS = _options(
    "-c --config --repo --repoid --enablerepo --disablerepo --setopt --installroot --releasever -x --exclude --disableplugin"
    " --enableplugin --forcearch -d --debuglevel -e --errorlevel -R --randomwait --advisory --security-severity"
)
_RPM_ACTIONS = _actions(
    install="install groupinstall localinstall reinstall group_install module_install builddep module_enable",
    update="makecache check-update",
    upgrade="update upgrade upgrade-minimal update-minimal distro-sync dist-upgrade update-to",
    remove="remove erase autoremove groupremove group_remove",
    clean="clean",
)

APT = Manager(
    name="apt",
    commands=("apt-get", "apt", "aptitude"),
    actions=_actions(
        install="install build-dep satisfy reinstall",
        update="update",
        upgrade="upgrade dist-upgrade full-upgrade safe-upgrade",
        remove="remove purge autoremove auto-remove autopurge",
        clean="clean autoclean auto-clean dist-clean distclean",
    ),
    system=True,
    yes=("-y", "--yes", "--assume-yes", "--force-yes"),
    valued=_options("-o --option -c --config-file -t --target-release --default-release -a --host-architecture --with-source"),
    lists=("/var/lib/apt/lists",),
    caches=(Cache("/var/cache/apt", sharing="locked"), Cache("/var/lib/apt", sharing="locked")),
    clean="rm -rf /var/lib/apt/lists/*",
    pin="curl=8.14.1-2",
)
APK = Manager(
    name="apk",
    commands=("apk",),
    actions=_actions(install="add", update="update", upgrade="upgrade", remove="del", clean="cache"),
    system=True,
    valued=_options(
        "-t --virtual -X --repository -p --root --keys-dir --repositories-file --arch --wait --cache-dir --cache-max-age --timeout"
    ),
    lists=("/var/cache/apk", "/etc/apk/cache"),
    caches=(Cache("/var/cache/apk", sharing="locked"),),
    uncached=("--no-cache",),
    clean="rm -rf /var/cache/apk/*",
    pin="curl=8.17.0-r0",
)
DNF = Manager(
    name="dnf",
    commands=("dnf", "dnf5", "dnf-3", "tdnf"),
    actions=_RPM_ACTIONS,
    system=True,
    yes=("-y", "--assumeyes", "--yes"),
    valued=_RPM_OPTIONS,
    lists=("/var/cache/dnf", "/var/cache/libdnf5", "/var/cache/tdnf"),
    caches=(Cache("/var/cache/libdnf5", sharing="locked"), Cache("/var/cache/dnf", sharing="locked", needed=False)),
    clean="dnf clean all",
    pin="curl-8.15.0",
)
MICRODNF = DNF._replace(
    name="microdnf",
    commands=("microdnf",),
    lists=("/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5"),
    caches=(Cache("/var/cache/dnf", sharing="locked"), Cache("/var/cache/yum", sharing="locked", needed=False)),
    clean="microdnf clean all",
)
YUM = DNF._replace(
    name="yum",
    commands=("yum",),
    lists=("/var/cache/yum", "/var/cache/dnf"),
    caches=(Cache("/var/cache/yum", sharing="locked"), Cache("/var/cache/dnf", sharing="locked", needed=False)),
    clean="yum clean all",
)
ZYPPER = Manager(
    name="zypper",
    commands=("zypper",),
    actions=_actions(
        install="install in si source-install install-new-recommends inr",
        update="refresh ref",
        upgrade="update up dist-upgrade dup patch",
        remove="remove rm",
        clean="clean cc",
    ),
    system=True,
    yes=("-n", "--non-interactive", "-y", "--no-confirm"),
    valued=_options("-R --root -r --repo -t --type -p --plus-repo --from --cache-dir -c --config -D --reposd-dir --installroot"),
    lists=("/var/cache/zypp",),
    caches=(Cache("/var/cache/zypp", sharing="locked"),),
    clean="zypper clean --all",
    pin="curl=8.14.1",
)
PACMAN = Manager(
    name="pacman",
    commands=("pacman",),
    actions={},  # its verbs are flags: `packages.read` knows them
    system=True,
    yes=("--noconfirm",),
    caches=(Cache("/var/cache/pacman/pkg", sharing="locked"),),
    clean="rm -rf /var/cache/pacman/pkg/*",  # -Scc asks with no for the usual answer, which --noconfirm takes
)

PIP = Manager(
    name="pip",
    commands=("pip", "pip2", "pip3", *(f"pip3.{minor}" for minor in range(6, 17))),
    actions=_actions(install="install download wheel", remove="uninstall", clean="cache_purge cache_remove"),
    valued=_options(
        "-r --requirement -c --constraint -i --index-url --extra-index-url -f --find-links -t --target --prefix --root -e --editable"
        " --platform --python-version --implementation --abi --trusted-host --timeout --retries --proxy --cert --client-cert"
        " --cache-dir --log --only-binary --no-binary --progress-bar --src -d --dest -w --wheel-dir --config-settings -C"
        " --upgrade-strategy --global-option --install-option --report --python --group"
    ),
    caches=(Cache("~/.cache/pip", "PIP_CACHE_DIR"),),
    uncached=("--no-cache-dir", "PIP_NO_CACHE_DIR"),
    clean="pip cache purge",
    manifests=("requirements.txt", "pyproject.toml", "setup.py"),
    locks=("requirements.txt", "pylock.toml"),
    locked="pip install --require-hashes -r requirements.txt",
    pin="requests==2.32.5",
)
UV = Manager(
    name="uv",
    folder=".venv",
    commands=("uv",),
    actions=_actions(
        install="pip_install tool_install add",
        restore="sync pip_sync",
        remove="pip_uninstall remove",
        clean="cache_clean cache_prune clean",
    ),
    valued=_options(
        "--directory --project --python -p --index --default-index --index-url -i --extra-index-url --find-links -f --group --only-group"
        " --no-group --extra --no-extra --package --cache-dir --link-mode -r --requirement --requirements -c --constraint --constraints"
        " -e --editable --target --prefix --no-install-package --color --config-file --with --from -o --output-file --python-version"
        " --python-platform --upgrade-package -P --reinstall-package --no-binary-package --index-strategy --torch-backend"
    ),
    caches=(Cache("~/.cache/uv", "UV_CACHE_DIR"),),
    uncached=("--no-cache", "--no-cache-dir", "-n", "UV_NO_CACHE"),
    clean="uv cache clean",
    manifests=("pyproject.toml",),
    locks=("uv.lock",),
    locked="uv sync --locked",
    pin="requests==2.32.5",
)
POETRY = Manager(
    name="poetry",
    folder=".venv",
    commands=("poetry",),
    actions=_actions(install="add self_add", restore="install sync", remove="remove", clean="cache_clear", upgrade="update"),
    valued=_options("-C --directory -P --project --with --without --only -E --extras -G --group -f --format -o --output"),
    caches=(
        Cache("~/.cache/pypoetry/cache", "POETRY_CACHE_DIR", "cache"),
        Cache("~/.cache/pypoetry/artifacts", "POETRY_CACHE_DIR", "artifacts"),
    ),
    uncached=("--no-cache",),
    clean="rm -rf ~/.cache/pypoetry",
    manifests=("pyproject.toml",),
    locks=("poetry.lock",),
    locked="poetry check --lock && poetry install",
    pin="requests@2.32.5",
)
PIPENV = Manager(
    name="pipenv",
    folder=".venv",
    commands=("pipenv",),
    actions=_actions(install="install", restore="sync", remove="uninstall", clean="--clear", upgrade="update upgrade"),
    valued=_options("-r --requirements --python --pypi-mirror --categories -i --index --extra-pip-args"),
    caches=(Cache("~/.cache/pipenv", "PIPENV_CACHE_DIR"), Cache("~/.cache/pip", "PIP_CACHE_DIR", needed=False)),
    manifests=("Pipfile",),
    locks=("Pipfile.lock",),
    locked="pipenv install --deploy",
    pin="requests==2.32.5",
)
PDM = Manager(
    name="pdm",
    folder=".venv",
    commands=("pdm",),
    actions=_actions(install="add", restore="install sync", remove="remove", clean="cache_clear", upgrade="update"),
    valued=_options("-G --group --with --without -p --project -L --lockfile"),
    caches=(Cache("~/.cache/pdm", "PDM_CACHE_DIR"),),
    manifests=("pyproject.toml",),
    locks=("pdm.lock",),
    locked="pdm install --frozen-lockfile",
    pin="requests==2.32.5",
)
CONDA = Manager(
    name="conda",
    commands=("conda", "mamba", "micromamba"),
    actions=_actions(
        install="install create", restore="env_create env_update", remove="remove uninstall", clean="clean", upgrade="update upgrade"
    ),
    yes=("-y", "--yes"),
    valued=_options("-n --name -p --prefix -c --channel -f --file --solver --platform --subdir"),
    caches=(Cache("/opt/conda/pkgs", "CONDA_PKGS_DIRS"),),
    clean="conda clean --all --yes",
    manifests=("environment.yml", "environment.yaml"),
    locks=("conda-lock.yml",),
    locked="conda-lock install",
    pin="numpy=2.3.4",
)

NPM = Manager(
    name="npm",
    folder="node_modules",
    commands=("npm",),
    actions=_actions(
        install="install i in add isntall",
        restore="ci clean-install install-clean install-test it install-ci-test cit",
        remove="uninstall un remove rm r unlink prune",
        upgrade="update up upgrade",
        clean="cache_clean cache_rm",
    ),
    valued=_options(
        "--prefix -C --registry -w --workspace --cache --userconfig --loglevel --omit --include --only --before --tag --fetch-timeout"
        " --fetch-retries --maxsockets --install-strategy --script-shell"
    ),
    caches=(Cache("~/.npm", "NPM_CONFIG_CACHE"),),
    clean="npm cache clean --force",
    manifests=("package.json",),
    locks=("package-lock.json", "npm-shrinkwrap.json"),
    locked="npm ci",
    pin="typescript@5.9.3",
)
PNPM = Manager(
    name="pnpm",
    folder="node_modules",
    commands=("pnpm", "pnpx"),
    actions=_actions(
        install="install i add",
        restore="ci clean-install fetch deploy",
        remove="remove rm uninstall un prune",
        upgrade="update up upgrade",
        clean="store_prune cache_delete",
    ),
    valued=_options("--filter -F -C --dir --registry --store-dir --reporter --prefix --loglevel --network-concurrency --node-linker"),
    caches=(Cache("~/.local/share/pnpm/store", "PNPM_HOME", "store"),),
    clean="pnpm store prune",
    manifests=("package.json", "pnpm-workspace.yaml"),
    locks=("pnpm-lock.yaml",),
    locked="pnpm install --frozen-lockfile",
    pin="typescript@5.9.3",
)
YARN = Manager(
    name="yarn",
    folder="node_modules",
    commands=("yarn", "yarnpkg"),
    actions=_actions(
        install="add global_add",
        restore="install workspaces_focus",
        remove="remove global_remove",
        upgrade="upgrade up",
        clean="cache_clean",
    ),
    bare="restore",
    valued=_options("--cwd --registry --cache-folder --modules-folder --network-timeout --network-concurrency --mutex --mode --use-yarnrc"),
    caches=(
        Cache("/usr/local/share/.cache/yarn", "YARN_CACHE_FOLDER"),  # Yarn 1 run by root; another user: ~/.cache/yarn
        Cache("~/.yarn/berry/cache", "YARN_GLOBAL_FOLDER", "cache", needed=False),  # Yarn 2 and newer
    ),
    clean="yarn cache clean",
    manifests=("package.json",),
    locks=("yarn.lock",),
    locked="yarn install --immutable",
    pin="typescript@5.9.3",
)
BUN = Manager(
    name="bun",
    folder="node_modules",
    commands=("bun",),
    actions=_actions(install="install i add a", restore="ci", remove="remove rm", upgrade="update", clean="pm_cache"),
    valued=_options("--cwd --backend --registry --cache-dir --filter --linker"),
    caches=(Cache("~/.bun/install/cache", "BUN_INSTALL_CACHE_DIR"),),
    uncached=("--no-cache",),
    clean="bun pm cache rm",
    manifests=("package.json",),
    locks=("bun.lock", "bun.lockb"),
    locked="bun install --frozen-lockfile",
    pin="typescript@5.9.3",
)

GO = Manager(
    name="go",
    language="go",
    commands=("go",),
    actions=_actions(
        install="install get", restore="mod_download mod_tidy mod_vendor work_sync", build="build test run vet generate", clean="clean"
    ),
    local="build",
    valued=_options(
        "-C -o -ldflags -tags -mod -modfile -gcflags -asmflags -p -buildmode -compiler -exec -overlay -pgo -pkgdir -toolexec -run -timeout"
        " -coverprofile -count"
    ),
    caches=(
        Cache("~/go/pkg/mod", "GOMODCACHE", otherwise=("GOPATH", "pkg/mod"), official="/go/pkg/mod"),
        Cache("~/.cache/go-build", "GOCACHE"),
    ),
    clean="go clean -cache -modcache",
    manifests=("go.mod", "go.work"),
    locks=("go.sum", "go.work.sum"),
    locked="go mod download",
    pin="example.com/tool@v1.2.3",
)
CARGO = Manager(
    name="cargo",
    language="rust",
    commands=("cargo",),
    actions=_actions(
        install="install binstall",
        restore="fetch vendor",
        build="build b run r test t check c clippy rustc bench doc zigbuild auditable_build leptos_build chef_cook component_build",
        upgrade="update",
        clean="clean",
    ),
    local="build",
    valued=_options(
        "--target --target-dir --manifest-path -p --package --bin --example --features -F --profile -j --jobs --root --version --vers --git"
        " --branch --tag --rev --path --registry --index --config -Z --color --message-format --out-dir --recipe-path -C --exclude"
    ),
    caches=(
        Cache("~/.cargo/registry", "CARGO_HOME", "registry", official="/usr/local/cargo/registry"),
        Cache("~/.cargo/git/db", "CARGO_HOME", "git/db", official="/usr/local/cargo/git/db", needed=False),
    ),
    clean="rm -rf ~/.cargo/registry",
    manifests=("Cargo.toml",),
    locks=("Cargo.lock",),
    locked="cargo build --locked",
    pin="cargo-chef@0.1.73",
)
MAVEN = Manager(
    name="maven",
    commands=("mvn", "mvnw", "mvnd"),
    actions={"dependency:go-offline": "restore", "dependency:resolve": "restore", "dependency:resolve-plugins": "restore"},
    other="build",
    valued=_options(
        "-f --file -s --settings -gs --global-settings -t --toolchains -P --activate-profiles -pl --projects -T --threads -l -b -rf"
    ),
    caches=(Cache("~/.m2"),),
    clean="rm -rf ~/.m2",
    manifests=("pom.xml",),
)
GRADLE = Manager(
    name="gradle",
    commands=("gradle", "gradlew"),
    actions={"dependencies": "restore", "wrapper": ""},
    other="build",
    valued=_options(
        "-p --project-dir -b --build-file -c --settings-file -g --gradle-user-home -I --init-script -x --exclude-task --max-workers"
        " --console --include-build --warning-mode"
    ),
    caches=(Cache("~/.gradle", "GRADLE_USER_HOME"),),
    clean="rm -rf ~/.gradle",
    manifests=("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"),
    locks=("gradle.lockfile",),
    locked="gradle build",
)
GEM = Manager(
    name="gem",
    commands=("gem",),
    actions=_actions(install="install i", remove="uninstall", upgrade="update", clean="cleanup"),
    valued=_options("-v --version -i --install-dir -n --bindir -s --source --platform -P --trust-policy -p --http-proxy --config-file"),
    language="ruby",
    caches=(Cache("", "GEM_HOME", "cache", official="/usr/local/bundle/cache"),),
    clean='rm -rf "$(gem env gemdir)/cache"',
    pin="rails:8.1.1",
)
BUNDLER = Manager(
    name="bundler",
    folder="vendor/bundle",
    commands=("bundle", "bundler"),
    actions=_actions(install="add", restore="install", upgrade="update", clean="clean"),
    bare="restore",
    valued=_options("--gemfile --path --without --with --jobs -j --retry --shebang --target-rbconfig"),
    language="ruby",
    caches=(
        Cache("", "GEM_HOME", "cache", official="/usr/local/bundle/cache"),
        Cache("", "BUNDLE_PATH", "ruby/*/cache", official="/usr/local/bundle/ruby/*/cache", needed=False),
        Cache("~/.bundle/cache", needed=False),
    ),
    clean='rm -rf ~/.bundle/cache "${BUNDLE_PATH}"/ruby/*/cache',
    manifests=("Gemfile",),
    locks=("Gemfile.lock",),
    locked="BUNDLE_DEPLOYMENT=1 bundle install",
    pin="rails:8.1.1",
)
COMPOSER = Manager(
    name="composer",
    folder="vendor",
    commands=("composer", "composer.phar"),
    actions=_actions(
        install="require global_require create-project",
        restore="install i",
        upgrade="update u upgrade",
        remove="remove",
        clean="clear-cache clearcache cc",
    ),
    valued=_options("-d --working-dir --ignore-platform-req --prefer-install"),
    caches=(Cache("~/.cache/composer", "COMPOSER_CACHE_DIR", official="/tmp/cache"), Cache("~/.composer/cache", needed=False)),
    uncached=("--no-cache",),
    clean="composer clear-cache",
    manifests=("composer.json",),
    locks=("composer.lock",),
    locked="composer install",
    pin="monolog/monolog:3.9.0",
)
NUGET = Manager(
    name="nuget",
    commands=("dotnet",),
    actions=_actions(install="tool_install add_package", restore="restore", build="build publish test pack run", clean="nuget_locals"),
    valued=_options(
        "-o --output -c --configuration -r --runtime -f --framework -v --verbosity -s --source --configfile --packages -a --arch --os"
        " --tool-path --version"
    ),
    caches=(Cache("~/.nuget/packages", "NUGET_PACKAGES"),),
    uncached=("--no-cache", "--no-http-cache"),
    clean="dotnet nuget locals all --clear",
    manifests=("*.csproj", "*.fsproj", "*.sln", "*.slnx", "Directory.Packages.props"),
    locks=("packages.lock.json",),
    locked="dotnet restore --locked-mode",
    pin="--version 1.2.3",
)

MANAGERS = (
    APT, APK, DNF, MICRODNF, YUM, ZYPPER, PACMAN,
    PIP, UV, POETRY, PIPENV, PDM, CONDA,
    NPM, PNPM, YARN, BUN,
    GO, CARGO, MAVEN, GRADLE, GEM, BUNDLER, COMPOSER, NUGET,
)  # fmt: skip
# What these download is read by the builds behind: it cannot be deleted in the RUN that fetches it.
READ_BY_BUILDS = (GO, CARGO, MAVEN, GRADLE, NUGET)
MANAGER_OF = {command: manager for manager in MANAGERS for command in manager.commands}

# `python -m pip install` is pip: the interpreters, and the modules that are package managers.
PYTHONS = ("python", "python2", "python3", *(f"python3.{minor}" for minor in range(6, 17)))
MODULES = {"pip": PIP, "pipenv": PIPENV, "poetry": POETRY, "uv": UV, "pdm": PDM}

# pacman's verbs are the letters behind -S and -R.
PACMAN_ACTIONS = (("-Sc", "clean"), ("-Sy", "update"), ("-S", "install"), ("-U", "install"), ("-R", "remove"))

# Programs that a package brings under other names than its own.
TOOLS_OF: dict[str, tuple[str, ...]] = {
    "bind-tools": ("dig", "nslookup", "host"),
    "bsdtar": ("bsdtar",),
    "build-base": ("gcc", "g++", "make", "ld", "ar", "patch"),
    "build-essential": ("gcc", "g++", "make", "ld", "ar", "patch", "cc", "c++"),
    "coreutils": ("sha256sum", "stat", "realpath", "install"),
    "default-jdk-headless": ("java", "javac"),
    "default-jre-headless": ("java",),
    "dnsutils": ("dig", "nslookup", "host"),
    "docker.io": ("docker",),
    "g++": ("g++", "gcc", "c++", "cc", "ld", "ar"),
    "gcc": ("gcc", "cc", "ld", "ar"),
    "gcc-c++": ("g++", "gcc", "c++", "cc", "ld", "ar"),
    "gnupg": ("gpg", "gpgv", "gpgconf"),
    "gnupg2": ("gpg", "gpg2", "gpgv", "gpgconf"),
    "golang": ("go", "gofmt"),
    "golang-go": ("go", "gofmt"),
    "iproute2": ("ip", "ss"),
    "iputils-ping": ("ping",),
    "libcap": ("setcap", "getcap"),
    "libcap2-bin": ("setcap", "getcap"),
    "libpq-dev": ("pg_config",),
    "mariadb-client": ("mysql", "mariadb", "mysqladmin", "mysqldump"),
    "mercurial": ("hg",),
    "net-tools": ("netstat", "ifconfig"),
    "netcat-openbsd": ("nc", "netcat"),
    "netcat-traditional": ("nc", "netcat"),
    "ncat": ("nc", "ncat"),
    "nmap-ncat": ("nc", "ncat"),
    "nodejs": ("node", "npm", "npx", "corepack"),
    "npm": ("npm", "npx"),
    "openssh": ("ssh", "scp", "ssh-keyscan", "ssh-keygen", "sshd"),
    "openssh-client": ("ssh", "scp", "ssh-keyscan", "ssh-keygen"),
    "openssh-clients": ("ssh", "scp", "ssh-keyscan", "ssh-keygen"),
    "openssh-server": ("sshd",),
    "passwd": ("useradd", "groupadd", "usermod"),
    "postgresql-client": ("psql", "pg_dump", "pg_isready"),
    "procps": ("ps", "pgrep", "pkill", "top", "free"),
    "procps-ng": ("ps", "pgrep", "pkill", "top", "free"),
    "py3-pip": ("pip", "pip3"),
    "python3": ("python3",),
    "python3-pip": ("pip3", "pip"),
    "python3-venv": ("pyvenv",),
    "redis-tools": ("redis-cli",),
    "redis": ("redis-cli", "redis-server"),
    "ripgrep": ("rg",),
    "shadow": ("useradd", "groupadd", "usermod", "groupmod"),
    "shadow-utils": ("useradd", "groupadd", "usermod", "groupmod"),
    "subversion": ("svn",),
    "util-linux": ("setpriv", "runuser", "flock"),
    "vim-tiny": ("vi",),
    "xz-utils": ("xz", "unxz"),
}
