"""What is known of public base images: what is in them, who runs, until when they are maintained.

`facts` answers for one reference, offline. Whatever the tables do not say is unknown: an empty string, a name that is
neither in `tools` nor in `missing`. A fact that is not certain is left out, for a wrong one costs more than none.

Sources, unless a table names others: docker-library/official-images (every tag ever listed, up to 2026-08-21), the
Dockerfiles it points to, the package lists of debuerreotype/docker-debian-artifacts, GoogleContainerTools/distroless
(2026-08-21), nodejs/docker-node (2026-08-19), dotnet/dotnet-docker (2026-08-21), endoflife-date/endoflife.date
(2026-08-22), nodejs/Release (2026-07-02). Reviewed in November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from dockerlint.references import ImageReference

_NOTHING: frozenset[str] = frozenset()
_NOBODY: Mapping[int, str] = {}


class ImageFacts(NamedTuple):
    """What is known of an image; "" and absence mean unknown."""

    # debian ubuntu alpine rhel fedora suse arch amazon distroless wolfi busybox scratch windows photon azurelinux
    family: str = ""
    release: str = ""  # "trixie", "3.24", "24.04", "9"
    libc: str = ""  # "glibc", "musl", "none" (no C library at all)
    shell: str = ""  # kind of /bin/sh: "dash" "bash" "busybox" "none"; "cmd" "powershell" for Windows
    package_manager: str = ""  # "apt" "apk" "dnf" "microdnf" "yum" "zypper" "pacman" "tdnf" "none"
    user: str = "?"  # default USER: "" is root, "?" is unknown
    uids: Mapping[int, str] = _NOBODY  # accounts with a UID and GID of 1000 and above
    tools: frozenset[str] = _NOTHING  # commands known to be there
    missing: frozenset[str] = _NOTHING  # commands known not to be there
    language: str = ""  # "python" "node" "go" "ruby" "rust" "php" "perl" "java" "dotnet" …
    version: str = ""  # of the language, as far as it matters: "3.14", "24", "1.27"
    end_of_life: str = ""  # ISO date of the first of language and distribution to end
    end_of_life_of: str = ""  # whose date that is: "Node.js 20"
    unpublished: str = ""  # why or since when there are no new builds


UNKNOWN = ImageFacts()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- Commands -------------------------------------------------------------------------------------------------------

_COREUTILS = _words(
    "[ arch awk basename cat chgrp chmod chown chroot cksum comm cp cut date dd df dirname du echo egrep env expand expr "
    "false fgrep find fold grep gunzip gzip head hostname id install ln ls md5sum mkdir mkfifo mknod mktemp mount mv nice "
    "nl nohup nproc od paste printenv printf pwd readlink realpath rm rmdir sed seq sh sha1sum sha256sum sha512sum shuf "
    "sleep sort split stat stty su sum sync tac tail tar tee test timeout touch tr true truncate tty umount uname uniq "
    "unlink wc which whoami xargs yes zcat"
)

# Nothing of this is in a minimal image of any distribution.
_NOWHERE = _words(
    "7z add-apt-repository ansible aria2c aws az bundle bundler bun c++ cargo cc clang cmake composer convert corepack "
    "cron deno dos2unix dotnet dumb-init envsubst ffmpeg g++ gcc gcloud gem git go gosu gradle helm htop hg java javac jq "
    "kubectl locale-gen lsb_release make meson mvn mysql nano ninja node npm npx openssl php pip pip3 pipx pkg-config pnpm "
    "poetry protoc psql python redis-cli rsync ruby rustc rustup scp setcap sqlite3 ssh ssh-keygen strace su-exec sudo "
    "supervisord svn terraform tini uv vim wget yarn zip"
)
_PACKAGE_MANAGERS = _words("apk apt apt-get dpkg dnf microdnf yum rpm zypper pacman tdnf")
_PROCPS = _words("ps top free pgrep pkill uptime vmstat watch sysctl")
_USERADD = _words("useradd groupadd usermod groupmod userdel groupdel")
_ADDUSER = _words("adduser addgroup deluser delgroup")

_DEBIAN_TOOLS = _COREUTILS | _USERADD | _words("bash dash perl apt apt-get apt-cache apt-mark dpkg chpasswd passwd getent")
# debian:trixie-slim, debian:bookworm-slim: not among the 85 packages of rootfs.manifest (dist-amd64).
_DEBIAN_MISSING = (
    _NOWHERE
    | _PROCPS
    | _words(
        "apk bzip2 curl crontab dig file gpg gpg2 gawk ifconfig ip killall less lsof nc netcat netstat nslookup patch ping "
        "python3 ss telnet traceroute tree unzip update-ca-certificates vi xxd xz dnf microdnf yum zypper pacman tdnf"
    )
)
_UBUNTU_MISSING = _DEBIAN_MISSING - _PROCPS - _words("bzip2")
# Older releases' images had more in them; these were never there.
_LONG_MISSING = _words("apk curl dnf gcc git go java make microdnf node npm pacman yum zypper")
_FIRST_MINIMAL_DEBIAN = 10
_FIRST_MINIMAL_UBUNTU = (18, 4)
# busybox 1.37 as Alpine configures it, and apk-tools.
_ALPINE_TOOLS = (_COREUTILS | _ADDUSER | _PROCPS | _words("ash wget apk vi unzip nc ping less chpasswd passwd getent")) - _words("sysctl")
_ALPINE_MISSING = (_NOWHERE - _words("dos2unix wget cron")) | _words(
    "apt apt-get bash curl dpkg dnf microdnf file gawk gpg gpg2 groupadd groupmod perl python3 rpm tdnf update-ca-certificates "
    "update-alternatives useradd userdel usermod yum zypper pacman"
)
_BUSYBOX_MISSING = (
    (_NOWHERE - _words("dos2unix wget cron")) | (_PACKAGE_MANAGERS - {"rpm", "dpkg"}) | _words("bash curl gpg perl python3") | _USERADD
)
_RPM_TOOLS = (_COREUTILS | _words("bash curl rpm")) - _words("hostname tar which gzip gunzip zcat find xargs mount umount awk su")
_RPM_MISSING = _words("apk apt apt-get c++ cc cmake dpkg g++ gcc git go java javac make mvn node npm npx php ruby wget yarn zypper pacman")
_DISTROLESS_MISSING = _COREUTILS | _NOWHERE | _PACKAGE_MANAGERS | _USERADD | _ADDUSER | _PROCPS | _DEBIAN_MISSING | {"bash", "perl"}

# buildpack-deps, by its three layers (docker-library/buildpack-deps, 2025-11-13).
_BUILDPACK_CURL = _words("curl wget gpg openssl update-ca-certificates")
_BUILDPACK_SCM = _BUILDPACK_CURL | _PROCPS | _words("git hg svn ssh scp sftp ssh-keygen ssh-keyscan ssh-agent ssh-add python3")
_BUILDPACK = _BUILDPACK_SCM | _words(
    "ar as autoconf automake bzip2 c++ cc convert cpp dpkg-architecture file g++ gcc ld libtoolize m4 make nm objcopy objdump "
    "patch pg_config pkg-config ranlib readelf strip unzip xz"
)
_C_COMPILER = _words("ar as cc cpp gcc ld nm objcopy objdump ranlib readelf strip")

# --- Distributions --------------------------------------------------------------------------------------------------

_DEBIAN_NUMBERS = {
    "squeeze": 6, "wheezy": 7, "jessie": 8, "stretch": 9, "buster": 10, "bullseye": 11, "bookworm": 12, "trixie": 13, "forky": 14,
}  # fmt: skip
_DEBIAN_RELEASES = {str(number): name for name, number in _DEBIAN_NUMBERS.items()}
_DEBIAN_ALIASES = {
    "latest": "trixie", "stable": "trixie", "oldstable": "bookworm", "oldoldstable": "bullseye", "testing": "forky",
    "sid": "sid", "unstable": "sid",
}  # fmt: skip
_UBUNTU_RELEASES = {
    "lucid": "10.04", "precise": "12.04", "trusty": "14.04", "utopic": "14.10", "vivid": "15.04", "wily": "15.10", "xenial": "16.04",
    "yakkety": "16.10", "zesty": "17.04", "artful": "17.10", "bionic": "18.04", "cosmic": "18.10", "disco": "19.04", "eoan": "19.10",
    "focal": "20.04", "groovy": "20.10", "hirsute": "21.04", "impish": "21.10", "jammy": "22.04", "kinetic": "22.10", "lunar": "23.04",
    "mantic": "23.10", "noble": "24.04", "oracular": "24.10", "plucky": "25.04", "questing": "25.10", "resolute": "26.04",
    "stonking": "26.10", "latest": "26.04", "rolling": "26.04", "devel": "26.10",
}  # fmt: skip
_ALPINE_NEWEST = "3.24"

# Last day with security updates that a container gets without a contract: for Debian the end of LTS, for Ubuntu the end
# of standard support.
_DISTRIBUTION_ENDS = {
    ("debian", "squeeze"): "2016-02-29",
    ("debian", "wheezy"): "2018-05-31", ("debian", "jessie"): "2020-06-30", ("debian", "stretch"): "2022-07-01",
    ("debian", "buster"): "2024-06-30", ("debian", "bullseye"): "2026-08-31", ("debian", "bookworm"): "2028-06-30",
    ("debian", "trixie"): "2030-06-30",
    ("ubuntu", "10.04"): "2015-04-30", ("ubuntu", "12.04"): "2017-04-28", ("ubuntu", "14.10"): "2015-07-23",
    ("ubuntu", "15.04"): "2016-02-04", ("ubuntu", "15.10"): "2016-07-28", ("ubuntu", "16.10"): "2017-07-20",
    ("ubuntu", "17.04"): "2018-01-13", ("ubuntu", "17.10"): "2018-07-19", ("ubuntu", "18.10"): "2019-07-18",
    ("ubuntu", "19.04"): "2020-01-23", ("ubuntu", "19.10"): "2020-07-17", ("ubuntu", "20.10"): "2021-07-22",
    ("ubuntu", "21.04"): "2022-01-20", ("ubuntu", "21.10"): "2022-07-14", ("ubuntu", "22.10"): "2023-07-20",
    ("ubuntu", "14.04"): "2019-04-25", ("ubuntu", "16.04"): "2021-04-02", ("ubuntu", "18.04"): "2023-05-31",
    ("ubuntu", "20.04"): "2025-05-31", ("ubuntu", "22.04"): "2027-04-01", ("ubuntu", "23.04"): "2024-01-20",
    ("ubuntu", "23.10"): "2024-07-12", ("ubuntu", "24.04"): "2029-05-31", ("ubuntu", "24.10"): "2025-07-10",
    ("ubuntu", "25.04"): "2026-01-17", ("ubuntu", "25.10"): "2026-07-01", ("ubuntu", "26.04"): "2031-04-30",
    ("alpine", "3.3"): "2017-11-01", ("alpine", "3.4"): "2018-05-01", ("alpine", "3.5"): "2018-11-01",
    ("alpine", "3.6"): "2019-05-01", ("alpine", "3.7"): "2019-11-01", ("alpine", "3.8"): "2020-05-01",
    ("alpine", "3.9"): "2020-11-01", ("alpine", "3.10"): "2021-05-01", ("alpine", "3.11"): "2021-11-01",
    ("alpine", "3.12"): "2022-05-01", ("alpine", "3.13"): "2022-11-01", ("alpine", "3.14"): "2023-05-01",
    ("alpine", "3.15"): "2023-11-01", ("alpine", "3.16"): "2024-05-23", ("alpine", "3.17"): "2024-11-22",
    ("alpine", "3.18"): "2025-05-09", ("alpine", "3.19"): "2025-11-01", ("alpine", "3.20"): "2026-04-01",
    ("alpine", "3.21"): "2026-11-01", ("alpine", "3.22"): "2027-05-01", ("alpine", "3.23"): "2027-11-01",
    ("alpine", "3.24"): "2028-06-01",
    ("fedora", "30"): "2020-05-26", ("fedora", "31"): "2020-11-24", ("fedora", "32"): "2021-05-25",
    ("fedora", "33"): "2021-11-30", ("fedora", "34"): "2022-06-07", ("fedora", "35"): "2022-12-13",
    ("fedora", "36"): "2023-05-16", ("fedora", "37"): "2023-12-05", ("fedora", "38"): "2024-05-21",
    ("fedora", "39"): "2024-11-26", ("fedora", "40"): "2025-05-13", ("fedora", "41"): "2025-12-15",
    ("fedora", "42"): "2026-05-27", ("fedora", "43"): "2026-12-09", ("fedora", "44"): "2027-06-02",
    ("centos", "5"): "2017-03-31", ("centos", "6"): "2020-11-30", ("centos", "7"): "2024-06-30",
    ("centos", "8"): "2021-12-31", ("stream", "8"): "2024-05-31", ("stream", "9"): "2027-05-31",
    ("stream", "10"): "2030-05-31",
    ("rhel", "7"): "2024-06-30", ("rhel", "8"): "2029-05-31", ("rhel", "9"): "2032-05-31", ("rhel", "10"): "2035-05-31",
    ("oraclelinux", "6"): "2021-03-31", ("oraclelinux", "7"): "2024-12-31", ("oraclelinux", "8"): "2029-07-31",
    ("oraclelinux", "9"): "2032-06-30",
    ("amazon", "1"): "2023-12-31", ("amazon", "2"): "2026-06-30", ("amazon", "2023"): "2029-06-30",
    ("suse", "15.0"): "2019-12-03", ("suse", "15.1"): "2021-02-02", ("suse", "15.2"): "2022-01-04",
    ("suse", "15.3"): "2022-12-31", ("suse", "15.4"): "2023-12-07", ("suse", "15.5"): "2024-12-31",
    ("suse", "15.6"): "2026-04-30", ("suse", "16.0"): "2027-10-31",
    ("photon", "3.0"): "2025-10-02", ("photon", "4.0"): "2027-10-11",
    ("azurelinux", "2.0"): "2025-07-31",
    # GoogleContainerTools/distroless SUPPORT_POLICY.md: sooner than Debian itself.
    ("distroless", "bullseye"): "2024-06-01", ("distroless", "bookworm"): "2026-09-30",
}  # fmt: skip
_DISTRIBUTION_NAMES = {
    "debian": "Debian", "ubuntu": "Ubuntu", "alpine": "Alpine", "fedora": "Fedora", "centos": "CentOS", "stream": "CentOS Stream",
    "rhel": "RHEL", "oraclelinux": "Oracle Linux", "amazon": "Amazon Linux", "suse": "openSUSE Leap", "photon": "Photon OS",
    "azurelinux": "CBL-Mariner", "distroless": "distroless on Debian",
}  # fmt: skip

# Version of the GNU C library, by family and release.
GLIBC_VERSIONS = {
    ("debian", "jessie"): (2, 19), ("debian", "stretch"): (2, 24), ("debian", "buster"): (2, 28), ("debian", "bullseye"): (2, 31),
    ("debian", "bookworm"): (2, 36), ("debian", "trixie"): (2, 41),
    ("distroless", "bullseye"): (2, 31), ("distroless", "bookworm"): (2, 36), ("distroless", "trixie"): (2, 41),
    ("ubuntu", "16.04"): (2, 23), ("ubuntu", "18.04"): (2, 27), ("ubuntu", "20.04"): (2, 31), ("ubuntu", "22.04"): (2, 35),
    ("ubuntu", "24.04"): (2, 39),
    ("rhel", "7"): (2, 17), ("rhel", "8"): (2, 28), ("rhel", "9"): (2, 34), ("rhel", "10"): (2, 39),
    ("amazon", "2"): (2, 26), ("amazon", "2023"): (2, 34),
}  # fmt: skip

# --- Languages ------------------------------------------------------------------------------------------------------

_LANGUAGE_NAMES = {
    "python": "Python", "node": "Node.js", "go": "Go", "ruby": "Ruby", "php": "PHP", "perl": "Perl", "java": "Java",
    "dotnet": ".NET", "postgres": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB", "mongo": "MongoDB", "elixir": "Elixir",
}  # fmt: skip
_LANGUAGE_ENDS = {
    "python": {
        "2.7": "2020-01-01", "3.4": "2019-03-18", "3.5": "2020-09-30", "3.6": "2021-12-23", "3.7": "2023-06-27",
        "3.8": "2024-10-07", "3.9": "2025-10-31", "3.10": "2026-10-31", "3.11": "2027-10-31", "3.12": "2028-10-31",
        "3.13": "2029-10-31", "3.14": "2030-10-31",
    },
    "node": {
        "4": "2018-04-30", "5": "2016-06-30", "6": "2019-04-30", "7": "2017-06-30", "8": "2019-12-31", "9": "2018-06-30",
        "10": "2021-04-30", "11": "2019-06-30", "12": "2022-04-30", "13": "2020-06-01", "14": "2023-04-30", "15": "2021-06-01",
        "16": "2023-09-11", "17": "2022-06-01", "18": "2025-04-30", "19": "2023-06-01", "20": "2026-04-30", "21": "2024-06-01",
        "22": "2027-04-30", "23": "2025-06-01", "24": "2028-04-30", "25": "2026-06-01", "26": "2029-04-30",
    },
    "go": {
        "1.10": "2019-02-25", "1.11": "2019-09-03", "1.12": "2020-02-25", "1.13": "2020-08-11", "1.14": "2021-02-16",
        "1.15": "2021-08-16", "1.16": "2022-03-15", "1.17": "2022-08-02", "1.18": "2023-02-01", "1.19": "2023-09-06",
        "1.20": "2024-02-06", "1.21": "2024-08-13", "1.22": "2025-02-11", "1.23": "2025-08-12", "1.24": "2026-02-10",
        "1.25": "2026-08-19",
    },
    "ruby": {
        "2.1": "2017-03-31", "2.2": "2018-03-31", "2.3": "2019-03-31", "2.4": "2020-03-31", "2.5": "2021-03-31",
        "2.6": "2022-03-31", "2.7": "2023-03-31", "3.0": "2024-04-23", "3.1": "2025-03-26", "3.2": "2026-03-31",
        "3.3": "2027-03-31", "3.4": "2028-03-31", "4.0": "2029-03-31",
    },
    "php": {
        "5.6": "2018-12-31", "7.0": "2019-01-10", "7.1": "2019-12-01", "7.2": "2020-11-30", "7.3": "2021-12-06",
        "7.4": "2022-11-28", "8.0": "2023-11-26", "8.1": "2025-12-31", "8.2": "2026-12-31", "8.3": "2027-12-31",
        "8.4": "2028-12-31", "8.5": "2029-12-31",
    },
    "java": {  # releases without long support: the last date of all vendors, Amazon Corretto's
        "9": "2018-03-20", "10": "2018-09-25", "12": "2019-09-17", "13": "2020-03-17", "14": "2020-09-16", "15": "2021-04-20",
        "16": "2021-10-19", "18": "2022-10-18", "19": "2023-04-19", "20": "2023-10-17", "22": "2024-10-15", "23": "2025-04-30",
        "24": "2025-10-31", "26": "2026-10-31",
    },
    "dotnet": {
        "2.1": "2021-08-21", "2.2": "2019-12-23", "3.0": "2020-03-03", "3.1": "2022-12-13", "5.0": "2022-05-10",
        "6.0": "2024-11-12", "7.0": "2024-05-14", "8.0": "2026-11-10", "9.0": "2026-11-10", "10.0": "2028-11-14",
    },
    "perl": {
        "5.30": "2022-05-22", "5.32": "2023-06-20", "5.34": "2024-05-20", "5.36": "2025-05-27", "5.38": "2026-07-02",
        "5.40": "2027-06-09",
    },
    "postgres": {
        "9": "2021-11-11", "10": "2022-11-10", "11": "2023-11-09", "12": "2024-11-21", "13": "2025-11-13", "14": "2026-11-12",
        "15": "2027-11-11", "16": "2028-11-09", "17": "2029-11-08", "18": "2030-11-14",
    },
    "mysql": {"5.5": "2018-12-31", "5.6": "2021-02-28", "5.7": "2023-10-31", "8.0": "2026-04-30", "8.4": "2032-04-30"},
    "mariadb": {
        "10.2": "2022-05-23", "10.3": "2023-05-25", "10.4": "2024-06-18", "10.5": "2025-06-24", "10.6": "2026-07-06",
        "10.11": "2028-02-16", "11.4": "2029-05-29", "11.8": "2028-06-04",
    },
    "mongo": {
        "3.6": "2021-04-30", "4.0": "2022-04-30", "4.2": "2023-04-30", "4.4": "2024-02-29", "5.0": "2024-10-31",
        "6.0": "2025-07-31", "7.0": "2027-08-31", "8.0": "2029-10-31",
    },
}  # fmt: skip

# The version that an unversioned or major tag gives today; "" where that is not certain.
_FLOATING = {
    "python": {"": "3.15", "3": "3.15", "2": "2.7"},
    "node": {
        "": "26", "latest": "26", "current": "26", "lts": "26", "krypton": "24", "jod": "22", "iron": "20", "hydrogen": "18",
        "gallium": "16", "fermium": "14", "erbium": "12", "dubnium": "10", "carbon": "8", "boron": "6", "argon": "4",
    },
    "golang": {"": "1.27", "1": "1.27"},
    "ruby": {"": "4.0", "4": "4.0", "3": "3.4", "2": "2.7"},
    "php": {"7": "7.4", "5": "5.6"},
    "postgres": {"": "18"},
    "nginx": {"1": "1.31"},
    "httpd": {"2": "2.4"},
}  # fmt: skip

# Debian or Ubuntu release under a tag that names none: by version line, from which further number on. Exact for every
# tag that was ever listed; what stands before the first pair is not known.
_DEFAULT_RELEASES: dict[str, dict[str, tuple[tuple[int, str], ...]]] = {
    "python": {
        "2.7": ((13, "jessie"), (15, "stretch"), (16, "buster")),
        "3.5": ((3, "jessie"), (5, "stretch"), (7, "buster")),
        "3.6": ((2, "jessie"), (5, "stretch"), (9, "buster"), (14, "bullseye")),
        "3.7": ((0, "stretch"), (4, "buster"), (11, "bullseye"), (17, "bookworm")),
        "3.8": ((0, "buster"), (11, "bullseye"), (17, "bookworm")),
        "3.9": ((0, "buster"), (6, "bullseye"), (17, "bookworm"), (23, "trixie")),
        "3.10": ((0, "bullseye"), (12, "bookworm"), (18, "trixie")),
        "3.11": ((0, "bullseye"), (4, "bookworm"), (13, "trixie")),
        "3.12": ((0, "bookworm"), (11, "trixie")),
        "3.13": ((0, "bookworm"), (6, "trixie")),
        "3.14": ((0, "trixie"),),
        "3.15": ((0, "trixie"),),
    },
    "node": {
        "10": ((14, "stretch"),), "11": ((0, "stretch"),), "12": ((0, "stretch"),), "13": ((0, "stretch"),),
        "14": ((0, "stretch"), (19, "buster")), "15": ((0, "stretch"),), "16": ((0, "buster"),), "17": ((0, "bullseye"),),
        "18": ((0, "bullseye"), (16, "bookworm")), "19": ((0, "bullseye"),), "20": ((0, "bullseye"), (3, "bookworm")),
        "21": ((0, "bookworm"),), "22": ((0, "bookworm"),), "23": ((0, "bookworm"),), "24": ((0, "bookworm"),),
        "25": ((0, "bookworm"),), "26": ((0, "trixie"),),
    },
    "golang": {
        "1.10": ((0, "stretch"),), "1.11": ((0, "stretch"), (12, "buster")), "1.12": ((0, "stretch"), (7, "buster")),
        "1.13": ((0, "buster"),), "1.14": ((0, "buster"),), "1.15": ((0, "buster"),),
        "1.16": ((0, "buster"), (7, "bullseye")), "1.17": ((0, "bullseye"),), "1.18": ((0, "bullseye"),),
        "1.19": ((0, "bullseye"), (10, "bookworm")), "1.20": ((0, "bullseye"), (5, "bookworm")), "1.21": ((0, "bookworm"),),
        "1.22": ((0, "bookworm"),), "1.23": ((0, "bookworm"),), "1.24": ((0, "bookworm"), (6, "trixie")),
        "1.25": ((0, "trixie"),), "1.26": ((0, "trixie"),), "1.27": ((0, "trixie"),),
    },
    "ruby": {
        "2.5": ((0, "stretch"), (5, "buster")), "2.6": ((0, "stretch"), (3, "buster"), (8, "bullseye")),
        "2.7": ((0, "buster"), (4, "bullseye")), "3.0": ((0, "buster"), (2, "bullseye")),
        "3.1": ((0, "bullseye"), (4, "bookworm")), "3.2": ((0, "bullseye"), (2, "bookworm"), (9, "trixie")),
        "3.3": ((0, "bookworm"), (9, "trixie")), "3.4": ((1, "bookworm"), (5, "trixie")), "4.0": ((0, "trixie"),),
    },
    "php": {
        "7.1": ((10, "jessie"), (17, "stretch"), (30, "buster")), "7.2": ((0, "stretch"), (20, "buster")),
        "7.3": ((0, "stretch"), (7, "buster"), (29, "bullseye")), "7.4": ((0, "buster"), (22, "bullseye")),
        "8.0": ((0, "buster"), (9, "bullseye")), "8.1": ((0, "bullseye"), (20, "bookworm"), (33, "trixie")),
        "8.2": ((0, "bullseye"), (7, "bookworm"), (29, "trixie")), "8.3": ((0, "bookworm"), (24, "trixie")),
        "8.4": ((1, "bookworm"), (11, "trixie")), "8.5": ((0, "trixie"),),
    },
    "rust": {"1": ((19, "stretch"), (37, "buster"), (55, "bullseye"), (72, "bookworm"), (89, "trixie"))},
    "perl": {
        "5.34": ((0, "bullseye"),), "5.36": ((0, "bullseye"), (1, "bookworm")), "5.38": ((0, "bookworm"), (5, "trixie")),
        "5.40": ((0, "bookworm"), (3, "trixie")), "5.42": ((0, "trixie"),), "5.44": ((0, "trixie"),),
    },
    "julia": {
        "1.9": ((0, "bullseye"), (1, "bookworm")), "1.10": ((0, "bookworm"), (10, "trixie")),
        "1.11": ((0, "bookworm"), (6, "trixie")), "1.12": ((0, "trixie"),),
    },
    "postgres": {
        "12": ((7, "buster"), (8, "bullseye"), (15, "bookworm")),
        "13": ((3, "buster"), (4, "bullseye"), (11, "bookworm"), (21, "trixie")),
        "14": ((0, "bullseye"), (8, "bookworm"), (18, "trixie")), "15": ((0, "bullseye"), (3, "bookworm"), (13, "trixie")),
        "16": ((0, "bookworm"), (9, "trixie")), "17": ((0, "bookworm"), (5, "trixie")), "18": ((0, "trixie"),),
    },
    "mongo": {
        "4.2": ((0, "bionic"),), "4.4": ((0, "bionic"), (7, "focal")), "5.0": ((0, "focal"),),
        "6.0": ((1, "focal"), (4, "jammy")), "7.0": ((0, "jammy"),), "8.0": ((0, "noble"),), "8.2": ((1, "noble"),),
        "8.3": ((1, "noble"),),
    },
    "eclipse-temurin": {
        "8": ((0, "resolute"),), "11": ((0, "resolute"),), "17": ((0, "resolute"),), "18": ((0, "jammy"),),
        "19": ((0, "jammy"),), "20": ((0, "jammy"),), "21": ((0, "resolute"),), "22": ((0, "noble"),), "23": ((0, "noble"),),
        "24": ((0, "noble"),), "25": ((0, "resolute"),), "26": ((0, "resolute"),),
    },
    "httpd": {"2.4": ((48, "buster"), (51, "bullseye"), (57, "bookworm"), (65, "trixie"))},
    "nginx": {
        "1.25": ((0, "bullseye"), (1, "bookworm")), "1.26": ((0, "bookworm"),), "1.27": ((0, "bookworm"),),
        "1.28": ((0, "bookworm"), (1, "trixie")), "1.29": ((0, "bookworm"), (2, "trixie")), "1.30": ((0, "trixie"),),
        "1.31": ((0, "trixie"),),
    },
    "dotnet": {"8.0": ((0, "bookworm"),), "9.0": ((0, "bookworm"),), "10.0": ((0, "noble"),)},
}  # fmt: skip

# Alpine release under a tag that names none, for tags that are no single version ("3.9-alpine"): of the lines that are no
# longer built; the others follow Alpine's newest.
_DEFAULT_ALPINE = {
    "python": {"3.6": "3.15", "3.7": "3.18", "3.8": "3.20", "3.9": "3.22"},
    "node": {
        "8": "3.11", "10": "3.11", "12": "3.15", "13": "3.11", "14": "3.17", "15": "3.11", "16": "3.18", "17": "3.15",
        "18": "3.21", "19": "3.18", "20": "3.23", "21": "3.20", "23": "3.22", "25": "3.23",
    },
    "golang": {
        "1.10": "3.9", "1.11": "3.10", "1.12": "3.11", "1.13": "3.12", "1.14": "3.13", "1.15": "3.14", "1.16": "3.15",
        "1.17": "3.16", "1.18": "3.17", "1.19": "3.18", "1.20": "3.19", "1.21": "3.20", "1.22": "3.21", "1.23": "3.22",
        "1.24": "3.23",
    },
    "ruby": {"2.5": "3.13", "2.6": "3.15", "2.7": "3.16", "3.0": "3.16", "3.1": "3.21", "3.2": "3.23"},
    "php": {"7.1": "3.10", "7.2": "3.12", "7.3": "3.15", "7.4": "3.16", "8.0": "3.16", "8.1": "3.21"},
    "eclipse-temurin": {
        "16": "", "18": "", "19": "", "20": "", "22": "", "23": "3.21", "24": "3.22",
    },
}  # fmt: skip

# Version lines that are no longer built, with the month of their last build.
_LAST_BUILDS = {
    "python": {
        "2.7": "2020-04", "3.4": "2019-03", "3.5": "2020-09", "3.6": "2022-01", "3.7": "2023-09", "3.8": "2024-10",
        "3.9": "2025-10",
    },
    "node": {
        "4": "2018-05", "5": "2016-09", "6": "2019-05", "7": "2017-08", "8": "2019-12", "9": "2018-07", "10": "2021-04",
        "11": "2019-07", "12": "2022-04", "13": "2020-06", "14": "2023-04", "15": "2021-06", "16": "2023-09", "17": "2022-06",
        "18": "2025-05", "19": "2023-06", "20": "2026-04", "21": "2024-06", "23": "2025-05", "25": "2026-06",
    },
    "golang": {
        "1.10": "2019-02", "1.11": "2019-08", "1.12": "2020-02", "1.13": "2020-08", "1.14": "2021-02", "1.15": "2021-08",
        "1.16": "2022-03", "1.17": "2022-08", "1.18": "2023-01", "1.19": "2023-09", "1.20": "2024-02", "1.21": "2024-08",
        "1.22": "2025-02", "1.23": "2025-08", "1.24": "2026-02", "1.25": "2026-08",
    },
    "ruby": {
        "2.1": "2017-07", "2.2": "2018-05", "2.3": "2019-04", "2.4": "2020-03", "2.5": "2021-04", "2.6": "2022-04",
        "2.7": "2023-03", "3.0": "2024-05", "3.1": "2025-03", "3.2": "2026-03",
    },
    "php": {
        "5.6": "2019-01", "7.0": "2019-01", "7.1": "2019-11", "7.2": "2020-11", "7.3": "2022-03", "7.4": "2022-11",
        "8.0": "2023-11", "8.1": "2025-12",
    },
    "perl": {"5.30": "2022-03", "5.32": "2023-04", "5.34": "2024-04", "5.36": "2025-06", "5.38": "2026-04"},
    "eclipse-temurin": {
        "16": "2022-04", "18": "2022-08", "19": "2023-01", "20": "2023-08", "22": "2024-08", "23": "2025-01", "24": "2025-08",
    },
    "amazoncorretto": {
        "15": "2021-03", "16": "2021-10", "18": "2022-10", "19": "2023-03", "20": "2023-09", "22": "2024-09", "23": "2025-03",
        "24": "2025-09",
    },
    "postgres": {"9": "2022-02", "10": "2022-11", "11": "2023-12", "12": "2024-12", "13": "2025-11"},
    "mysql": {"5.5": "2019-05", "5.6": "2021-10", "5.7": "2023-12", "8.0": "2026-04"},
    "mariadb": {"10.2": "2022-05", "10.3": "2023-05", "10.4": "2024-06", "10.5": "2025-05"},
    "mongo": {"3.6": "2021-05", "4.0": "2022-11", "4.2": "2023-06", "4.4": "2025-12", "5.0": "2026-05", "6.0": "2026-05"},
    "redis": {"3.2": "2018-10", "4.0": "2020-04", "5.0": "2022-09", "6.0": "2024-04", "7.0": "2024-09", "8.0": "2026-05"},
    "nginx": {
        "1.14": "2019-04", "1.15": "2019-04", "1.16": "2020-04", "1.17": "2020-04", "1.18": "2021-04", "1.19": "2021-04",
        "1.20": "2022-05", "1.21": "2022-05", "1.22": "2023-03", "1.23": "2023-04", "1.24": "2024-04", "1.25": "2024-05",
        "1.26": "2025-04", "1.27": "2025-04", "1.28": "2026-04", "1.29": "2026-04",
    },
    "dotnet": {"2.1": "2021-08", "3.1": "2022-12", "5.0": "2022-05", "6.0": "2024-11", "7.0": "2024-05"},
}  # fmt: skip

# --- Images ---------------------------------------------------------------------------------------------------------


class _Image(NamedTuple):
    """How an image is made from a distribution's."""

    base: str  # family of a tag that names no distribution: "debian", "ubuntu", "alpine"; "" where tags must tell
    language: str = ""
    everywhere: frozenset[str] = _NOTHING  # commands in all variants
    full: frozenset[str] = _NOTHING  # further ones in Debian's and Ubuntu's
    slim: frozenset[str] = _NOTHING  # … in "-slim" (instead of `full`)
    alpine: frozenset[str] = _NOTHING  # … in Alpine's
    unsure: frozenset[str] = _NOTHING  # not known to be missing, though the distribution lacks them
    complete: bool = False  # the additions are known wholly, so what the distribution lacks is missing but for them
    user: str = ""
    uids: Mapping[int, str] = _NOBODY
    absent: frozenset[str] = _NOTHING  # missing, whatever the variant
    lines: int = 2  # how many numbers make a version line: 3.14 is 2, 24 is 1


_CERTIFICATES = _words("openssl update-ca-certificates")
_ALPINE_CERTIFICATES = _words("update-ca-certificates")
_PYTHON = _words("python python3 pip pip3")
_NODE = _words("node nodejs npm npx")
_PHP = _words("php phpize pecl docker-php-ext-install docker-php-ext-enable docker-php-ext-configure")
_GRADLE_USER = {1000: "gradle"}

_IMAGES: dict[str, _Image] = {
    "buildpack-deps": _Image("debian", "", full=_BUILDPACK, complete=True),
    "python": _Image(
        "debian", "python", _PYTHON, _BUILDPACK, _CERTIFICATES, _ALPINE_CERTIFICATES, unsure=_words("sqlite3"), complete=True
    ),
    "pypy": _Image("debian", "", _words("pypy3 pypy"), _BUILDPACK, _NOTHING),
    "node": _Image(
        "debian", "node", _NODE, _BUILDPACK, complete=True, uids={1000: "node"}, absent=_words("pnpm"), lines=1
    ),
    "golang": _Image(
        "debian", "go", _words("go gofmt"), _BUILDPACK_SCM | _C_COMPILER | _words("g++ c++ make pkg-config"), _NOTHING,
        _ALPINE_CERTIFICATES, unsure=_words("bzip2 file patch xz less"), complete=True,
    ),
    "rust": _Image(
        "debian", "rust", _words("rustc cargo rustup"), _BUILDPACK, _C_COMPILER | _CERTIFICATES,
        _C_COMPILER | _ALPINE_CERTIFICATES, complete=True,
    ),
    "ruby": _Image(
        "debian", "ruby", _words("ruby gem bundle bundler irb"), _BUILDPACK, _CERTIFICATES, _ALPINE_CERTIFICATES,
        unsure=_PROCPS | _words("bzip2 xz make pkg-config"), complete=True,
    ),
    "perl": _Image("debian", "perl", _words("perl cpan cpanm"), _BUILDPACK),
    "php": _Image(
        "debian", "php", _PHP, _C_COMPILER | _CERTIFICATES | _words("autoconf c++ curl file g++ m4 make pkg-config xz"), _NOTHING,
        _ALPINE_CERTIFICATES | _words("curl openssl tar xz"), unsure=_words("patch bzip2 unzip"), complete=True,
    ),
    "gcc": _Image("debian", "", full=_BUILDPACK),
    "julia": _Image("debian", "", _words("julia curl")),
    "haskell": _Image("debian", "", _words("ghc cabal stack curl git gcc g++ make")),
    "erlang": _Image("debian", "", _words("erl erlc"), _BUILDPACK),
    "elixir": _Image("debian", "", _words("elixir mix iex erl"), _BUILDPACK),
    "r-base": _Image("debian", "", _words("R Rscript")),
    "dart": _Image("debian", "", _words("dart")),
    "swift": _Image("ubuntu", "", _words("swift")),
    "eclipse-temurin": _Image(
        "ubuntu", "java", _words("java"), _BUILDPACK_CURL | _words("locale-gen fc-list"), _NOTHING,
        _words("gpg openssl update-ca-certificates fc-list"), unsure=_words("xz make"), complete=True,
        lines=1,
    ),
    "amazoncorretto": _Image("amazon", "java", _words("java"), alpine=_NOTHING, lines=1),
    "ibm-semeru-runtimes": _Image("ubuntu", "java", _words("java")),
    "sapmachine": _Image("ubuntu", "java", _words("java")),
    "azul-zulu": _Image("debian", "java", _words("java")),
    "maven": _Image("", "java", _words("mvn java javac")),
    "gradle": _Image("ubuntu", "java", _words("gradle java javac git unzip make"), uids=_GRADLE_USER),
    "tomcat": _Image("ubuntu", "", _words("java")),
    "jetty": _Image("ubuntu", "", _words("java"), user="jetty"),
    "nginx": _Image(
        "debian", "", _words("nginx envsubst"), _words("curl openssl update-ca-certificates"), alpine=_words("curl update-ca-certificates"),
        complete=True,
    ),
    "nginxinc/nginx-unprivileged": _Image(
        "debian", "", _words("nginx envsubst"), _words("curl openssl update-ca-certificates"), alpine=_words("curl update-ca-certificates"),
        complete=True, user="101",
    ),
    "httpd": _Image(
        "debian", "", _words("httpd apachectl perl"), _CERTIFICATES, _NOTHING, _ALPINE_CERTIFICATES, complete=True
    ),
    "caddy": _Image("alpine", "", _words("caddy"), alpine=_words("setcap update-ca-certificates"), complete=True),
    "traefik": _Image("alpine", "", _words("traefik")),
    "haproxy": _Image("debian", "", _words("haproxy"), user="haproxy"),
    "varnish": _Image("debian", "", _words("varnishd"), user="varnish"),
    "redis": _Image("debian", "", _words("redis-server redis-cli")),
    "memcached": _Image("debian", "", _words("memcached"), user="memcache"),
    "postgres": _Image(
        "debian", "postgres", _words("psql pg_isready gosu"), _words("gpg less xz locale-gen"), _NOTHING, _words("bash"),
        unsure=_words("openssl update-ca-certificates python3 su-exec perl"), complete=True, lines=1,
    ),
    "mysql": _Image("oraclelinux", "mysql", _words("mysql mysqladmin gosu bash")),
    "mariadb": _Image("ubuntu", "mariadb", _words("mariadb")),
    "mongo": _Image("ubuntu", "mongo", _words("mongod gosu")),
    "rabbitmq": _Image("ubuntu", "", _words("rabbitmqctl rabbitmq-diagnostics")),
    "docker": _Image("alpine", "", _words("docker git ssh"), absent=_words("curl bash make jq python3 apt-get")),
    "composer": _Image("alpine", "php", _words("composer php git curl bash unzip")),
    "wordpress": _Image("debian", "", _words("php")),
    "drupal": _Image("debian", "", _words("php composer")),
    "nextcloud": _Image("debian", "", _words("php")),
    "ghost": _Image("debian", "", _words("node npm"), uids={1000: "node"}),
    "solr": _Image("", "", user="solr"),
    "sonarqube": _Image("", "", user="sonarqube"),
    "kong": _Image("ubuntu", "", user="kong"),
    "adminer": _Image("", "", user="adminer"),
    "jenkins/jenkins": _Image("debian", "", user="jenkins"),
    "grafana/grafana": _Image("", "", user="472"),
    "oven/bun": _Image("debian", "", _words("bun bunx"), uids={1000: "bun"}, lines=3),
    "denoland/deno": _Image("debian", "", _words("deno"), uids={1993: "deno"}),
    "continuumio/miniconda3": _Image("debian", "", _words("conda python git wget bash bzip2")),
    "nvidia/cuda": _Image("", ""),
    "google/cloud-sdk": _Image("debian", "", _words("gcloud gsutil")),
    "bash": _Image("alpine", "", _words("bash"), complete=True),
    "registry": _Image("alpine"),
    "telegraf": _Image("debian"),
    "influxdb": _Image("debian"),
}  # fmt: skip

# The Docker Official Images: names that can be pulled without an owner.
OFFICIAL_IMAGES = _words(
    "adminer adoptopenjdk aerospike almalinux alpine alt amazoncorretto amazonlinux api-firewall arangodb archlinux azul- "
    "zulu backdrop bash bonita buildpack-deps busybox caddy cassandra celery centos chronograf cirros clearlinux clefos "
    "clickhouse clojure composer consul convertigo couchbase couchdb crate dart debian django docker drupal eclipse- "
    "mosquitto eclipse-temurin eggdrop elasticsearch elixir emqx erlang espocrm fedora flink fluentd friendica gazebo gcc "
    "geonetwork ghost golang gradle groovy haproxy haskell haxe hello-world hipache hitch httpd hylang ibm-semeru-runtimes "
    "ibmjava influxdb iojs irssi java jenkins jetty joomla jruby julia kapacitor kibana kong krakend lightstreamer "
    "liquibase logstash mageia mariadb matomo maven mediawiki memcached mongo mongo-express monica mysql nats neo4j "
    "neurodebian nextcloud nginx nim node notary odoo open-liberty openjdk opensuse oraclelinux orientdb percona perl "
    "photon php php-zendserver phpmyadmin plone postfixadmin postgres pypy python r-base rabbitmq rails rakudo-star redis "
    "redmine registry rethinkdb rocket.chat rockylinux ros ruby rust sapmachine satosa silverpeas solr sonarqube spark "
    "spiped storm swift swipl teamspeak telegraf tomcat tomee traefik ubuntu ubuntu-upstart unit varnish vault websphere- "
    "liberty wordpress xwiki yourls znc zookeeper "
)

# A maintained version to go to, by the name that `end_of_life_of` begins with.
MAINTAINED = {
    "Python": "3.14", "Node.js": "24", "Go": "1.27", "Ruby": "3.4", "PHP": "8.4", "Perl": "5.44", "Java": "25", ".NET": "10.0",
    "PostgreSQL": "18", "MySQL": "8.4", "MariaDB": "11.8", "MongoDB": "8.0", "Debian": "13 (trixie)", "Ubuntu": "26.04 or 24.04",
    "Alpine": "3.24", "Fedora": "44", "CentOS": "Rocky Linux, AlmaLinux or CentOS Stream 10", "CentOS Stream": "10", "RHEL": "10",
    "Oracle Linux": "10", "Amazon Linux": "2023", "openSUSE Leap": "16.0", "Photon OS": "5.0", "CBL-Mariner": "Azure Linux 3.0",
    "distroless on Debian": "13",
}  # fmt: skip

# Images of which no new builds are published, whatever the tag.
_UNPUBLISHED = {
    "openjdk": "the image is deprecated, and only early-access builds have been published since 2022",
    "java": "the image was replaced in 2016 and is deprecated",
    "adoptopenjdk": "the image was replaced by eclipse-temurin in 2021",
    "centos": "the image is deprecated and has had no builds since 2021",
    "rockylinux": "the official image has had no builds since November 2023; rockylinux/rockylinux is maintained",
    "jenkins": "the image was replaced by jenkins/jenkins in 2018",
    "microsoft/dotnet": "the image moved to mcr.microsoft.com/dotnet in 2019",
}
_UNPUBLISHED_PREFIXES = {
    "bitnamilegacy/": "the archive gets no builds",
    "adoptopenjdk/": "the images were replaced by eclipse-temurin in 2021",
    "jupyter/": "the images moved to quay.io/jupyter in 2023",
    "mcr.microsoft.com/dotnet/core/": "the images moved to mcr.microsoft.com/dotnet in 2020",
}

# Images on Ubuntu that do not remove its account "ubuntu".
_KEEPS_UBUNTU_USER = _words("eclipse-temurin nvidia/cuda tomcat")

_ARCHITECTURES = _words("amd64 arm32v5 arm32v6 arm32v7 arm64v8 i386 mips64le ppc64le riscv64 s390x")

_DISTROLESS_PUBLISHED = {
    "trixie": _words("static base base-nossl cc java-base java17 java21 java25 nodejs22 nodejs24 nodejs26 python3"),
    "bookworm": _words("static base base-nossl cc"),
}
_DISTROLESS_LANGUAGES_END = {  # sooner than the images without one
    "java": {"bullseye": "2023-12-01", "bookworm": "2026-01-31"},
    "node": {"bullseye": "2023-12-01", "bookworm": "2026-01-31"},
    "python": {"bullseye": "2023-12-01", "bookworm": "2026-04-30"},
}
_DISTROLESS_PYTHON = {"trixie": "3.13", "bookworm": "3.11", "bullseye": "3.9"}


class _Tag(NamedTuple):
    """What a tag says."""

    version: str
    family: str
    release: str
    words: tuple[str, ...]

    @property
    def slim(self) -> bool:
        return "slim" in self.words


def facts(reference: ImageReference | None) -> ImageFacts:
    """Return what is known of the image that `reference` names; `UNKNOWN` for None."""
    return UNKNOWN if reference is None else _facts(reference)


# Official images that set a WORKDIR of their own.
_HAVE_WORKDIR = _words(
    "golang php wordpress tomcat tomee drupal composer httpd nextcloud gradle groovy haproxy jetty ghost redis joomla matomo mediawiki "
    "sonarqube logstash kibana elasticsearch solr neo4j flink spark storm zookeeper caddy clojure dart redmine rocket.chat varnish "
    "postfixadmin phpmyadmin yourls monica backdrop bonita crate rethinkdb mongo-express emqx odoo couchdb valkey"
)


def works_in_root(reference: ImageReference) -> bool:
    """Whether an image sets no WORKDIR, so that containers start in /; False where that is not known."""
    if reference.registry == "docker.io" and reference.repository.startswith("library/"):
        return reference.name not in _HAVE_WORKDIR
    return reference.name.rpartition("/")[2].startswith("ubi") or reference.name.startswith("nvidia/cuda")


# Distributions, whose images set PATH and nothing else.
_PLAIN = _words("debian ubuntu alpine fedora almalinux rockylinux amazonlinux centos busybox")


def sets_path_alone(reference: ImageReference) -> bool:
    """Whether an image sets no variable but PATH; False where that is not known."""
    return reference.registry == "docker.io" and reference.name in _PLAIN


# Red Hat's images with a language, ubi9/python-312 and the like: https://github.com/sclorg/s2i-base-container and those built on it.
_UBI_LANGUAGES = _words("python nodejs ruby php perl go")
_UBI_HOME = {"APP_ROOT": "/opt/app-root", "HOME": "/opt/app-root/src"}


def environment(reference: ImageReference | None) -> Mapping[str, str]:
    """The variables that an image is known to set, as far as they matter here, PATH left out."""
    base, _, rest = reference.name.partition("/") if reference else ("", "", "")
    language = rest.partition("-")[0]
    if not base.startswith("ubi") or not base[3:].isdigit() or language not in _UBI_LANGUAGES:
        return {}
    return {**_UBI_HOME, "PIP_NO_CACHE_DIR": "off"} if language == "python" else _UBI_HOME


@lru_cache(maxsize=512)
def _facts(reference: ImageReference) -> ImageFacts:
    if reference.text == "scratch":
        return SCRATCH
    name = _canonical_name(reference)
    tag = _read_tag(reference.tag)
    found = (
        _distribution_image(name, tag, reference)
        or _vendor_image(name, tag, reference)
        or (_language_image(name, tag) if reference.tag or not reference.digest else None)
        or UNKNOWN
    )
    reason = _unpublished(name, reference)
    return found._replace(unpublished=reason) if reason and not found.unpublished else found


def _canonical_name(reference: ImageReference) -> str:
    """Name without what mirrors and architecture prefixes add: "python" for "public.ecr.aws/docker/library/python"."""
    registry, name = reference.registry, reference.name
    if registry == "public.ecr.aws" and name.startswith("docker/library/"):
        return name.removeprefix("docker/library/")
    if registry == "mirror.gcr.io":
        return name.removeprefix("library/")
    if registry != "docker.io":
        return f"{registry}/{name}"
    owner, slash, rest = name.partition("/")
    return rest if slash and owner in _ARCHITECTURES else name


def _read_tag(tag: str) -> _Tag:
    words = tuple(tag.split("-"))
    version = family = release = ""
    for position, word in enumerate(words):
        if not version and word.removeprefix("v")[:1].isdigit() and not family:
            version = word.removeprefix("v")
            continue
        found = _read_distribution(word, words[position + 1] if position + 1 < len(words) else "")
        if found and not (release and not found[1]):
            family, release = found
    return _Tag(version, family, release, words)


def _read_distribution(word: str, following: str) -> tuple[str, str] | None:
    """Family and release of one word of a tag: "bookworm", "alpine3.20", "ubuntu22.04", "alpine" before "3.24"."""
    if word in _DEBIAN_NUMBERS or word == "sid":
        return "debian", word
    if word in _UBUNTU_RELEASES and word not in ("latest", "rolling", "devel"):
        return "ubuntu", _UBUNTU_RELEASES[word]
    for prefix, family in _TAG_FAMILIES:
        if word.startswith(prefix):
            number = word[len(prefix) :] or (following if following[:1].isdigit() else "")
            if number and not number[0].isdigit():
                continue
            if family == "debian":
                return family, _DEBIAN_RELEASES.get(number.split(".")[0], "")
            return family, number
    return None


_TAG_FAMILIES = (
    ("alpine", "alpine"),
    ("ubuntu", "ubuntu"),
    ("debian", "debian"),
    ("ubi", "rhel"),
    ("rockylinux", "rhel"),
    ("oraclelinux", "oraclelinux"),
    ("oracle", "oraclelinux"),
    ("amazonlinux", "amazon"),
    ("al", "amazon"),
    ("azurelinux", "azurelinux"),
    ("mariner", "azurelinux"),
    ("windowsservercore", "windows"),
    ("nanoserver", "windows"),
)


# --- Distributions' own images --------------------------------------------------------------------------------------


def _distribution(family: str, release: str) -> ImageFacts:
    """A distribution's minimal image."""
    if family == "debian":
        # Debian 13 dropped adduser from the minimal system; apt needed it before.
        without_adduser = _DEBIAN_NUMBERS.get(release, 14 if release == "sid" else 0) >= 13
        tools, missing = _DEBIAN_TOOLS, _DEBIAN_MISSING
        if _DEBIAN_NUMBERS.get(release, 13 if release == "sid" else 0) < _FIRST_MINIMAL_DEBIAN:
            missing = _LONG_MISSING
        if without_adduser:
            missing |= _ADDUSER
        elif release:
            tools |= _ADDUSER
        result = ImageFacts("debian", release, "glibc", "dash", "apt", "", tools=tools, missing=missing)
    elif family == "ubuntu":
        number = _number(release)
        tools, missing = _DEBIAN_TOOLS | _PROCPS, _UBUNTU_MISSING if number >= _FIRST_MINIMAL_UBUNTU else _LONG_MISSING
        if number >= (24, 4):
            missing |= _ADDUSER
        elif number:
            tools |= _ADDUSER
        uids = {1000: "ubuntu"} if number >= (23, 4) else _NOBODY
        result = ImageFacts("ubuntu", release, "glibc", "dash", "apt", "", uids, tools, missing)
    elif family == "alpine":
        release = ".".join(release.split(".")[:2])
        result = ImageFacts("alpine", release, "musl", "busybox", "apk", "", tools=_ALPINE_TOOLS, missing=_ALPINE_MISSING)
    elif family in ("rhel", "fedora", "oraclelinux", "centos", "stream"):
        major = release.split(".")[0]
        manager = "dnf" if family == "fedora" or (major.isdigit() and int(major) >= 8) else "yum" if major else ""
        kind = "fedora" if family == "fedora" else "rhel"
        result = ImageFacts(kind, major, "glibc", "bash", manager, "", tools=_RPM_TOOLS, missing=_RPM_MISSING)
    elif family == "amazon":
        manager = "dnf" if release == "2023" else "yum" if release else ""
        missing = _RPM_MISSING | _USERADD | _words("sudo tar unzip")
        result = ImageFacts("amazon", release, "glibc", "bash", manager, "", tools=_RPM_TOOLS, missing=missing)
    elif family == "azurelinux":
        result = ImageFacts("azurelinux", release, "glibc", "bash", "tdnf", "", tools=_words("bash tdnf rpm"))
    elif family == "windows":
        result = ImageFacts("windows", release, "", "cmd", "none", "?", tools=_words("cmd"))
    else:
        return UNKNOWN
    return _with_end(result, family)


def _with_end(found: ImageFacts, family: str) -> ImageFacts:
    """Add the distribution's end of life, where it comes before the language's."""
    end = _DISTRIBUTION_ENDS.get((family, found.release), "")
    if not end or (found.end_of_life and found.end_of_life <= end):
        return found
    release = found.release
    if release in _DEBIAN_NUMBERS:
        release = f"{_DEBIAN_NUMBERS[release]} ({release})"
    return found._replace(end_of_life=end, end_of_life_of=f"{_DISTRIBUTION_NAMES[family]} {release}")


def _distribution_image(name: str, tag: _Tag, reference: ImageReference) -> ImageFacts | None:
    word = tag.words[0]
    unknown = bool(reference.digest) and not reference.tag
    if name == "debian":
        release = _DEBIAN_RELEASES.get(tag.version.split(".")[0]) or _DEBIAN_ALIASES.get(word) or tag.release
        return _distribution("debian", release or ("" if reference.tag or unknown else "trixie"))
    if name == "ubuntu":
        release = tag.version or _UBUNTU_RELEASES.get(word) or tag.release
        return _distribution("ubuntu", release or ("" if reference.tag or unknown else "26.04"))
    if name == "alpine":
        newest = reference.tag in ("", "latest", "3") and not unknown
        return _distribution("alpine", _ALPINE_NEWEST if newest else tag.version if "." in tag.version else "")
    if name == "busybox":
        libc = next((word for word in tag.words if word in ("musl", "glibc")), "")
        tools = (_COREUTILS | {"wget", "vi", "adduser", "addgroup"}) - {"install"}
        return ImageFacts("busybox", tag.version, libc, "busybox", "none", "", tools=tools, missing=_BUSYBOX_MISSING)
    if name in ("fedora", "registry.fedoraproject.org/fedora", "quay.io/fedora/fedora"):
        return _distribution("fedora", tag.version)
    if name in ("amazonlinux", "public.ecr.aws/amazonlinux/amazonlinux"):
        floating = reference.tag in ("", "latest") and not unknown
        return _distribution("amazon", "2023" if floating else tag.version.split(".")[0])
    for prefix, family in _RPM_IMAGES:
        if name == prefix:
            return _rpm_image(family, tag, tag.version or tag.release)
    if name in ("quay.io/centos/centos", "centos"):
        stream = word.removeprefix("stream") if word.startswith("stream") else ""
        release = stream or (word.removeprefix("centos").split(".")[0] if not unknown else "")
        return _distribution("stream" if stream else "centos", release if release.isdigit() else "")
    if name in ("opensuse/leap", "registry.opensuse.org/opensuse/leap", "opensuse/tumbleweed"):
        leap = ImageFacts(
            "suse", tag.version if name != "opensuse/tumbleweed" else "", "glibc", "bash", "zypper", "",
            tools=_words("bash zypper rpm"), missing=_words("git wget sudo apt-get apk dnf yum gcc make"),
        )  # fmt: skip
        return _with_end(leap, "suse")
    if name in ("archlinux", "archlinux/archlinux"):
        tools, missing = _COREUTILS | _words("bash curl pacman"), _words("git wget apt-get apk dnf yum") | _ADDUSER
        if any(word.endswith("devel") for word in tag.words):
            tools |= _words("gcc make sudo")
        return ImageFacts("arch", "", "glibc", "bash", "pacman", "", tools=tools, missing=missing)
    if name == "photon":
        release = tag.version or ("" if unknown else "5.0")
        return _with_end(ImageFacts("photon", release, "glibc", "bash", "tdnf", "", tools=_words("bash tdnf rpm")), "photon")
    return None


_RPM_IMAGES = (
    ("rockylinux", "rhel"),
    ("rockylinux/rockylinux", "rhel"),
    ("almalinux", "rhel"),
    ("oraclelinux", "oraclelinux"),
    ("container-registry.oracle.com/os/oraclelinux", "oraclelinux"),
)
_SMALL = ("minimal", "slim", "micro")


def _rpm_image(family: str, tag: _Tag, release: str) -> ImageFacts:
    found = _distribution(family, release)
    small = next((word for word in tag.words if word in _SMALL), "")
    return _small_rpm(found, small)


def _small_rpm(found: ImageFacts, small: str) -> ImageFacts:
    """The -minimal (microdnf) and -micro (no package manager) variants of a RHEL-like image."""
    if small == "micro":
        missing = _RPM_MISSING | _PACKAGE_MANAGERS | _USERADD | {"curl"}
        return found._replace(package_manager="none", tools=_words("bash sh cat cp ls mkdir rm chmod chown mv ln"), missing=missing)
    if small:
        tools = (found.tools - {"dnf", "yum", "tar"}) | {"microdnf"}
        missing = found.missing | _words("dnf yum")
        if small == "minimal":
            missing |= _USERADD
        return found._replace(package_manager="microdnf", tools=tools, missing=missing)
    return found


# --- Vendors' images ------------------------------------------------------------------------------------------------


def _vendor_image(name: str, tag: _Tag, reference: ImageReference) -> ImageFacts | None:
    registry = name.split("/", 1)[0]
    if registry == "gcr.io":
        rest = name.removeprefix("gcr.io/distroless/")
        return _distroless(rest, reference.tag) if rest != name else None
    if registry == "cgr.dev":
        return _chainguard(name.rsplit("/", 1)[-1], reference)
    if registry == "dhi.io":
        return _hardened(name.removeprefix("dhi.io/"), tag, reference)
    if registry == "mcr.microsoft.com":
        return _microsoft(name.removeprefix("mcr.microsoft.com/"), tag, reference)
    if registry in ("registry.access.redhat.com", "registry.redhat.io", "redhat"):
        return _redhat(name.partition("/")[2])
    if name == "ghcr.io/astral-sh/uv":
        return _uv(tag, reference)
    if name.startswith("public.ecr.aws/lambda/"):
        return _lambda(name.rsplit("/", 1)[-1], tag)
    if name.startswith("bitnami/"):
        return ImageFacts("debian", tag.release, "glibc", "dash", "apt", "1001")
    if name.startswith(("jupyter/", "quay.io/jupyter/")):
        return ImageFacts("ubuntu", "", "glibc", "dash", "apt", "1000", {1000: "jovyan"}, _words("bash python pip conda mamba"))
    if name.startswith("selenium/"):
        return ImageFacts("ubuntu", "", "glibc", "dash", "apt", "1200", {1200: "seluser"})
    return None


def _distroless(name: str, tag: str) -> ImageFacts:
    """gcr.io/distroless; without `:nonroot` it runs as root, and only `:debug` has a shell, at /busybox/sh."""
    kind, dash, number = name.rpartition("-debian")
    release = _DEBIAN_RELEASES.get(number, "") if dash else ""
    kind = kind if dash else name
    debug = tag.startswith("debug")
    user = "65532" if "nonroot" in tag.split("-") else ""
    language = version = ""
    tools = _NOTHING
    if kind.startswith("python3"):
        language, version, tools = "python", _DISTROLESS_PYTHON.get(release, ""), _words("python python3")
    elif kind.startswith("nodejs"):
        language, version, tools = "node", kind.removeprefix("nodejs"), _words("node")
    elif kind.startswith("java") and kind != "java-base":
        language, version, tools = "java", kind.removeprefix("java"), _words("java")
    missing = _DISTROLESS_MISSING - tools
    if debug:
        tools, missing = tools | {"busybox"}, _words("bash curl git apt-get apk python3 sudo") - tools
    published = _DISTROLESS_PUBLISHED.get(release)
    unpublished = ""
    if dash and release and (published is None or kind not in published):
        unpublished = f"{kind} on Debian {number} is no longer built"
    found = ImageFacts(
        "distroless", release, "none" if kind == "static" else "glibc", "" if debug else "none", "none", user, {65532: "nonroot"},
        tools, missing, language, version, unpublished=unpublished,
    )  # fmt: skip
    found = _with_end(found, "distroless")
    if sooner := _DISTROLESS_LANGUAGES_END.get(language, {}).get(release):
        found = found._replace(end_of_life=sooner)
    return _with_language_end(found)


def _chainguard(name: str, reference: ImageReference) -> ImageFacts:
    """cgr.dev: Wolfi; `-dev` tags have a shell and apk, the others usually neither."""
    if name in ("wolfi-base", "chainguard-base"):
        missing = _NOWHERE - {"wget", "dos2unix"} | _words("bash curl apt-get dnf yum python3 useradd groupadd")
        return ImageFacts("wolfi", "", "glibc", "busybox", "apk", "", {65532: "nonroot"}, _COREUTILS | _words("apk wget"), missing)
    if reference.tag.endswith("-dev"):
        return ImageFacts("wolfi", "", "glibc", "", "apk", "?", tools=_words("apk sh"), missing=_words("apt-get dnf yum"))
    if name in ("static", "glibc-dynamic", "python", "jre"):
        libc = "none" if name == "static" else "glibc"
        tools = {"python": _words("python python3"), "jre": _words("java")}.get(name, _NOTHING)
        if reference.tag or not reference.digest:
            return ImageFacts("wolfi", "", libc, "none", "none", "65532", {65532: "nonroot"}, tools, _DISTROLESS_MISSING - tools)
    return ImageFacts("wolfi", "", "" if name == "static" else "glibc")


def _hardened(name: str, tag: _Tag, reference: ImageReference) -> ImageFacts:
    """Docker Hardened Images: runtime tags have no shell and run as a user; `-dev` tags have both and run as root."""
    family = tag.family or ("debian" if reference.tag else "")
    found = ImageFacts(family, tag.release, {"debian": "glibc", "alpine": "musl"}.get(family, ""))
    if "dev" in tag.words:
        return found._replace(user="")
    if name in ("python", "node", "eclipse-temurin", "static", "aspnetcore", "dotnet") and reference.tag:
        return found._replace(shell="none", package_manager="none", user="nonroot")
    return found


def _microsoft(name: str, tag: _Tag, reference: ImageReference) -> ImageFacts | None:
    windows = ImageFacts("windows", reference.tag, "", "cmd", "none", "?", tools=_words("cmd"))
    if name == "windows" or name.startswith(("windows/", "dotnet/framework/")):
        return windows
    if name in ("azurelinux/base/core", "cbl-mariner/base/core"):
        return _with_end(_distribution("azurelinux", tag.version), "azurelinux")
    if name.startswith(("azurelinux/distroless/", "cbl-mariner/distroless/")):
        return ImageFacts("azurelinux", tag.version, "", "none", "none", "?", missing=_DISTROLESS_MISSING)
    on_windows = any(word in reference.tag for word in ("windowsservercore", "nanoserver", "-ltsc20"))
    repository = name.removeprefix("dotnet/").removeprefix("core/").removeprefix("nightly/")
    if not name.startswith("dotnet/") or repository not in ("sdk", "aspnet", "runtime", "runtime-deps"):
        return windows if on_windows else None
    version = ".".join(tag.version.split(".")[:2])
    family, release = (tag.family, tag.release) if tag.family else _default_release("dotnet", tag.version) or ("", "")
    if on_windows:
        return _with_language_end(windows._replace(language="dotnet", version=version))
    if not (reference.tag or not reference.digest):
        return UNKNOWN
    base = _distribution(family, release) if family else UNKNOWN
    if "distroless" in tag.words or "chiseled" in tag.words:
        tools = _words("dotnet") if repository != "runtime-deps" else _NOTHING
        found = base._replace(
            shell="none", package_manager="none", user="1654", uids={1654: "app"}, tools=tools, missing=_DISTROLESS_MISSING - tools
        )
    else:
        added = _NOTHING if repository == "runtime-deps" else _words("dotnet")
        if repository == "sdk":
            added |= _words("curl git") | (_NOTHING if family == "alpine" else {"wget"})
        unsure = _CERTIFICATES | _words("pwsh perl") | (_BUILDPACK if repository == "sdk" else _NOTHING)
        complete = family in ("debian", "ubuntu", "alpine")
        missing = base.missing - added - unsure if complete else _NOTHING
        uids = {**base.uids, 1654: "app"} if _number(version) >= (8,) else _NOBODY
        found = base._replace(tools=base.tools | added, missing=missing, uids=uids)
    found = found._replace(language="dotnet", version=version)
    return _with_last_build("dotnet", version, _with_language_end(found))


def _redhat(name: str) -> ImageFacts | None:
    """UBI: registry.access.redhat.com/ubi9/ubi-minimal, redhat/ubi9-minimal, and the language images on it."""
    first, _, rest = name.partition("/")
    first = first.removesuffix("-init")
    base, _, variant = first.partition("-")
    if not base.startswith("ubi") or not base[3:].isdigit():
        return None
    release = base[3:]
    if rest.startswith("ubi"):
        variant = rest.removeprefix("ubi").removeprefix("-")
    elif rest:
        user = next((user for prefix, user in _UBI_USERS if rest.startswith(prefix)), "?")
        return _with_end(ImageFacts("rhel", release, "glibc", "bash", "", user), "rhel")
    return _small_rpm(_distribution("rhel", release), variant if variant in _SMALL else "")


_UBI_USERS = (("openjdk", "185"), ("python", "1001"), ("nodejs", "1001"), ("go-toolset", "1001"), ("ruby", "1001"), ("php", "1001"))


def _uv(tag: _Tag, reference: ImageReference) -> ImageFacts | None:
    """ghcr.io/astral-sh/uv: with a distribution in the tag an image to build in, else only the binaries."""
    python = next((word.removeprefix("python") for word in tag.words if word.startswith("python3")), "")
    if not tag.family:
        plain = (reference.tag in ("", "latest") and not reference.digest) or tag.version
        return SCRATCH._replace(tools=_words("uv uvx")) if plain else None
    release = tag.release
    found = _distribution(tag.family, release)
    tools = _words("uv uvx") | (_words("python python3") if python else _NOTHING)
    small = tag.slim or tag.family == "alpine"
    missing = found.missing - tools - _CERTIFICATES - _PYTHON if small else _NOTHING
    found = found._replace(tools=found.tools | tools, missing=missing)
    if python:
        found = found._replace(language="python", version=python)
    return _with_language_end(found)


_LAMBDA_AL2023 = {"python": (3, 12), "nodejs": (20,), "java": (21,), "ruby": (3, 3), "dotnet": (8,)}


def _lambda(name: str, tag: _Tag) -> ImageFacts | None:
    """AWS Lambda's base images: Amazon Linux 2023 (microdnf) for the newer runtimes, Amazon Linux 2 (yum) before."""
    first = _LAMBDA_AL2023.get(name)
    number = _number(tag.version)
    if first is None or not number:
        return None
    newer = number >= first
    found = ImageFacts("amazon", "2023" if newer else "2", "glibc", "bash", "microdnf" if newer else "yum", "")
    language = {"nodejs": "node"}.get(name, name)
    version = ".".join(tag.version.split(".")[: 1 if language in ("node", "java") else 2])
    return _with_end(_with_language_end(found._replace(language=language, version=version)), "amazon")


# --- Official and other images over a distribution's ----------------------------------------------------------------


def _language_image(name: str, tag: _Tag) -> ImageFacts | None:
    image = _IMAGES.get(name)
    if name == "openjdk":
        return _openjdk(tag)
    if name == "java":
        return ImageFacts(language="java", version=_leading_number(tag.version), user="")
    if image is None:
        return None
    if name in ("maven", "gradle"):
        return _java_builder(name, image, tag)
    version = _line(name, tag, image.lines)
    family, release = tag.family or image.base, tag.release
    if family == "alpine" and not release:
        release = _default_alpine(name, tag, version, image.lines)
    elif family in ("debian", "ubuntu") and not release and not (name == "eclipse-temurin" and not tag.version.isdigit()):
        family, release = _default_release(name, tag.version or version) or (family, "")
    if name == "buildpack-deps":
        return _buildpack_deps(tag)
    base = _distribution(family, release)
    if name == "mysql" and family == "oraclelinux" and _number(tag.version or "9") >= (8,):
        base = _small_rpm(base, "slim")
    if name == "denoland/deno":
        if "distroless" in tag.words or tag.words[0] == "bin":
            return UNKNOWN
        base = _distribution(family, release or ("trixie" if family == "debian" and not tag.version else ""))
    if name == "oven/bun":
        if "distroless" in tag.words:
            return ImageFacts("distroless", "", "glibc", "none", "none", "", tools=_words("bun"), missing=_DISTROLESS_MISSING - {"bun"})
        if family == "debian" and (not tag.version or _number(tag.version) >= (1, 3, 4) or tag.version in ("1", "1.3")):
            base = _distribution("debian", "trixie")
        return base._replace(
            tools=base.tools | image.everywhere, uids=image.uids, missing=base.missing - _words("bun node openssl update-ca-certificates")
        )
    added = image.everywhere
    if family == "alpine":
        added |= image.alpine if not (name.endswith(("nginx", "nginx-unprivileged")) and tag.slim) else _NOTHING
    elif family in ("debian", "ubuntu"):
        added |= image.slim if tag.slim else image.full
    complete = image.complete and _is_like_today(base) and not (name == "eclipse-temurin" and not tag.version.isdigit())
    lacks = base.missing if complete else base.missing & _PACKAGE_MANAGERS  # nobody adds another distribution's
    missing = (lacks - added - image.unsure) | (image.absent - added)
    if added & {"ssh", "gpg"}:
        missing -= _ADDUSER  # openssh-client depends on it, and so does gnupg's dirmngr
    uids = image.uids if family != "ubuntu" or name not in _KEEPS_UBUNTU_USER else base.uids
    found = base._replace(
        user=image.user if image.user or base is not UNKNOWN else "", uids=uids, tools=base.tools - image.absent | added, missing=missing,
        language=image.language, version=version if image.language else "",
    )  # fmt: skip
    if name == "node":
        found = _node_tools(found)
    elif name == "eclipse-temurin":
        found = _temurin_tools(found, "jre" in tag.words)
    return _with_last_build(name, version, _with_language_end(found))


def _is_like_today(base: ImageFacts) -> bool:
    """Whether images on that base are made as the table says; older ones were made from other parts."""
    if base.family == "ubuntu":
        return _number(base.release) >= _FIRST_MINIMAL_UBUNTU
    return base.family == "alpine" or _DEBIAN_NUMBERS.get(base.release, 0) >= _FIRST_MINIMAL_DEBIAN


def _node_tools(found: ImageFacts) -> ImageFacts:
    """Yarn 1 is in the images up to Node 25, Corepack from 16.9 to 24 (nodejs/docker-node README, 2026-08-19)."""
    if not found.version.isdigit():
        return found
    major = int(found.version)
    tools, missing = found.tools, found.missing - {"yarn", "corepack"}
    if major >= 26:
        missing |= {"yarn"}
    else:
        tools |= {"yarn"}
    if major >= 25:
        missing |= {"corepack"}
    elif major >= 17:
        tools |= {"corepack"}
    return found._replace(tools=tools, missing=missing)


def _temurin_tools(found: ImageFacts, jre: bool) -> ImageFacts:
    """The compiler is in the JDK's; curl, wget and gpg are in Ubuntu's up to Java 24 (adoptium/containers, 2026-08-05)."""
    jdk, removed = _words("javac jar jlink"), _words("curl wget gpg")
    tools, missing = (found.tools, found.missing | {"javac"}) if jre else (found.tools | jdk, found.missing - jdk)
    if found.family == "ubuntu" and found.version.isdigit() and int(found.version) >= 25:
        tools, missing = tools - removed, missing | removed
    return found._replace(tools=tools, missing=missing)


def _buildpack_deps(tag: _Tag) -> ImageFacts:
    family, release = (tag.family, tag.release) if tag.release else ("debian", _DEBIAN_ALIASES.get(tag.words[0], ""))
    if not release and tag.version:
        family, release = "ubuntu", tag.version
    elif not release and tag.words[0] in ("", "curl", "scm"):
        family, release = "debian", "trixie"
    base = _distribution(family, release)
    added = _BUILDPACK_CURL if "curl" in tag.words else _BUILDPACK_SCM if "scm" in tag.words else _BUILDPACK
    unsure = _ADDUSER | _words("bzip2 file patch xz less" if added is not _BUILDPACK else "less")
    return base._replace(tools=base.tools | added, missing=base.missing - added - unsure)


def _openjdk(tag: _Tag) -> ImageFacts:
    """The deprecated openjdk: Oracle Linux from 12 on, Debian where slim or before."""
    version = _leading_number(tag.version)
    family, release = tag.family, tag.release
    if not family and version:
        oracle = int(version) >= 12 and not tag.slim and "alpine" not in tag.words
        family, release = ("oraclelinux", _OPENJDK_ORACLE.get(version, "")) if oracle else ("debian", _OPENJDK_DEBIAN.get(version, ""))
    base = _distribution(family, release)
    missing = base.missing - _CERTIFICATES - {"java", "javac"} if tag.slim or family == "alpine" else _NOTHING
    return base._replace(tools=base.tools | {"java"}, missing=missing, language="java", version=version)


_OPENJDK_ORACLE = {
    "12": "7", "13": "7", "14": "8", "15": "8", "16": "8", "17": "8", "18": "8", "19": "8", "20": "8", "21": "8", "22": "9",
    "23": "9", "24": "9", "25": "9",
}  # fmt: skip
_OPENJDK_DEBIAN = {
    "8": "bullseye", "11": "bullseye", "13": "buster", "14": "buster", "15": "buster", "16": "bullseye", "17": "bullseye",
    "18": "bullseye", "19": "bullseye", "20": "bullseye", "21": "bookworm", "22": "bookworm", "23": "bookworm", "24": "bookworm",
    "25": "trixie",
}  # fmt: skip


def _java_builder(name: str, image: _Image, tag: _Tag) -> ImageFacts:
    """maven and gradle: the tag names a vendor, a Java version and perhaps a distribution."""
    vendors = ("temurin", "jdk", "openjdk", "corretto", "amazoncorretto", "sapmachine", "semeru")
    java = ""
    for position, word in enumerate(tag.words):
        if word in vendors and position + 1 < len(tag.words) and tag.words[position + 1].isdigit():
            java = tag.words[position + 1]
        elif word.startswith("jdk") and word[3:].isdigit():
            java = word[3:]
    family, release = tag.family, tag.release
    if name == "maven" and not family:
        family = "ubuntu" if "temurin" in tag.words else "debian" if "openjdk" in tag.words and tag.slim else ""
    elif name == "gradle" and not family:
        family = "" if "corretto" in tag.words or "graal" in tag.words else "ubuntu"
    base = _distribution(family, release)
    added = image.everywhere
    if name == "maven":
        added |= _words("bash curl ssh") if family == "alpine" else _words("git curl ssh") if family == "ubuntu" else _NOTHING
    uids = image.uids or base.uids
    user = base.user if family else ""
    found = base._replace(tools=base.tools | added, missing=_NOTHING, uids=uids, language="java", version=java, user=user)
    return _with_language_end(found)


def _line(name: str, tag: _Tag, numbers: int) -> str:
    """The version line of a tag: "3.14" of "3.14.7-slim", "24" of "24.19", today's for a floating tag."""
    floating = _FLOATING.get(name, {})
    parts = tag.version.split(".") if tag.version else []
    if name in ("eclipse-temurin", "amazoncorretto", "ibm-semeru-runtimes", "sapmachine", "azul-zulu"):
        return _leading_number(tag.version)
    if len(parts) >= numbers:
        return ".".join(parts[:numbers])
    if tag.version:
        return floating.get(tag.version, "")
    named = next((floating[word] for word in reversed(tag.words) if word in floating), "")
    return named or floating.get("", "")


def _default_release(name: str, version: str) -> tuple[str, str] | None:
    """Debian or Ubuntu and its release under a tag that names neither; None where that is not known."""
    lines = _DEFAULT_RELEASES.get(name)
    if not lines:
        return None
    parts = version.split(".") if version else []
    depth = next(iter(lines)).count(".") + 1
    if len(parts) < depth:
        newest = next(reversed(lines))
        line = _FLOATING.get(name, {}).get(version, newest if newest.startswith(f"{version}.") else "") if version else newest
        steps, number = lines.get(line, ()), ""
    else:
        line = ".".join(parts[:depth]) if depth > 1 else _leading_number(parts[0])
        steps, number = lines.get(line, ()), ".".join(parts[depth : depth + 1])
    if number and not number.isdigit():
        return None
    release = next((release for first, release in reversed(steps) if not number or int(number) >= first), "")
    if not release:
        return None
    return ("debian", release) if release in _DEBIAN_NUMBERS else ("ubuntu", _UBUNTU_RELEASES[release])


def _default_alpine(name: str, tag: _Tag, version: str, numbers: int) -> str:
    """Alpine's release under a tag that names none; a tag of one single version is left open."""
    frozen = _DEFAULT_ALPINE.get(name)
    if frozen is None or len(tag.version.split(".")) > numbers:
        return ""
    return frozen.get(version, _ALPINE_NEWEST)


def language_end(found: ImageFacts) -> tuple[str, str]:
    """When an image's language ends, and what that is called, as in ("2026-10-31", "Python 3.10"); ("", "") where it is not known."""
    end = _LANGUAGE_ENDS.get(found.language, {}).get(found.version, "")
    return (end, f"{_LANGUAGE_NAMES[found.language]} {found.version}") if end else ("", "")


def _with_language_end(found: ImageFacts) -> ImageFacts:
    end, what = language_end(found)
    if not end or (found.end_of_life and found.end_of_life <= end):
        return found
    return found._replace(end_of_life=end, end_of_life_of=what)


def _with_last_build(name: str, version: str, found: ImageFacts) -> ImageFacts:
    month = _LAST_BUILDS.get(name, {}).get(version, "")
    return found._replace(unpublished=f"no new builds since {month}") if month else found


def _unpublished(name: str, reference: ImageReference) -> str:
    if name in _UNPUBLISHED:
        return _UNPUBLISHED[name]
    if name.startswith("bitnami/") and reference.tag not in ("", "latest"):
        return "versioned tags moved to bitnamilegacy in 2025, which gets no builds"
    if reference.registry == "docker.io" and reference.repository.startswith("library/"):
        words = {"openjdk" if name == "maven" and word == "jdk" else word for word in reference.tag.split("-")}
        base = next((word for word in ("adoptopenjdk", "openjdk") if word in words), "")
        if base:
            return f"its tags on {base} have had no builds since that image was retired"
    return next((reason for prefix, reason in _UNPUBLISHED_PREFIXES.items() if name.startswith(prefix)), "")


def _leading_number(text: str) -> str:
    digits = ""
    for character in text:
        if not character.isdigit():
            break
        digits += character
    return digits


def _number(text: str) -> tuple[int, ...]:
    """ "24.04" as (24, 4); empty where a part is no number."""
    parts = text.split(".")
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()


SCRATCH = ImageFacts("scratch", "", "none", "none", "none", "", missing=_DISTROLESS_MISSING)
