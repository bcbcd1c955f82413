"""The union of what thirteen linters check, as groups of checks that mean the same.

Peers are BuildKit's build checks, hadolint, tally, trivy, checkov, KICS, semgrep-rules, droast, dockerfile-utils, dockerfilelint,
dockerlinter, dockerlint and dockle, as they were in November 2026. An id is written as a rule's `covers` has it: `kics:`, `semgrep:`,
`dockerlint:`, `dockerfilelint:` and `tally/` say whose it is, the others are used bare.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple


class Group(NamedTuple):
    """One check, by whatever names the peers have it."""

    number: int
    section: str
    """A key of SECTIONS."""
    stars: int
    """3: errors and risks that matter to most people; 2: useful; 1: opinion, niche or noisy."""
    check: str
    ids: tuple[str, ...]


SECTIONS = {
    "A": "Parse / syntax validity",
    "B": "Base image and stages",
    "C": "Variables",
    "D": "Users and permissions",
    "E": "Secrets and supply chain",
    "F": "Package managers",
    "G": "Shell in RUN",
    "H": "COPY / ADD / context",
    "I": "CMD / ENTRYPOINT / HEALTHCHECK / metadata",
    "J": "Style",
}

NUMBERED = ("dl", "df", "ds-", "ckv_docker_", "ckv2_docker_")
"""What peers' ids begin with, in lower case, before a number: such an id may be ignored even where it was never heard of."""

FURTHER = {"DL3005": 99, "DL3017": 99, "DL3031": 99, "DL3039": 99, "FLAG_INVALID_LINK_VALUE": 5}
"""Further ids and the groups that they belong to: what hadolint has dropped but people's files still say, and a second name."""


def _group(number: int, section: str, stars: int, check: str, ids: str) -> Group:
    return Group(number, section, stars, check, tuple(ids.split()))


BUILDKIT_CHECKS = frozenset(
    """
    StageNameCasing FromAsCasing NoEmptyContinuation ConsistentInstructionCasing DuplicateStageName ReservedStageName
    JSONArgsRecommended MaintainerDeprecated UndefinedArgInFrom WorkdirRelativePath UndefinedVar MultipleInstructionsDisallowed
    LegacyKeyValueFormat InvalidBaseImagePlatform RedundantTargetPlatform SecretsUsedInArgOrEnv InvalidDefaultArgInFrom
    FromPlatformFlagConstDisallowed CopyIgnoredFile InvalidDefinitionDescription ExposeProtoCasing ExposeInvalidFormat
    """.split()
)
"""What `docker build --check` calls its checks."""

BUILDKIT_EXPERIMENTAL = frozenset({"InvalidDefinitionDescription"})
"""Those that only run when `check=experimental=` names them."""


GROUPS = (
    # A
    _group(
        1,
        "A",
        3,
        "Dockerfile does not parse: unknown instruction",
        "DL1000 tally/unknown-instruction UNKNOWN_INSTRUCTION dockerfilelint:invalid_command "
        "dockerfilelint:invalid_line EL0001 dockerlint:unknown_instruction",
    ),
    _group(
        2,
        "A",
        3,
        "No stage / first instruction is not FROM or ARG",
        "DL3061 tally/require-stages DF037 NO_SOURCE_IMAGE dockerfilelint:from_first EI0002 EF0001 dockerlint:from_first",
    ),
    _group(
        3,
        "A",
        3,
        "Wrong number of arguments for an instruction",
        "DL1000 ARGUMENT_MISSING ARGUMENT_EXTRA ARGUMENT_REQUIRES_ONE ARGUMENT_REQUIRES_AT_LEAST_ONE "
        "ARGUMENT_REQUIRES_TWO ARGUMENT_REQUIRES_AT_LEAST_TWO ARGUMENT_REQUIRES_ONE_OR_THREE ARGUMENT_UNNECESSARY "
        "dockerfilelint:required_params dockerfilelint:missing_args dockerfilelint:extra_args",
    ),
    _group(
        4,
        "A",
        3,
        "ENV/LABEL/ARG key=value syntax invalid (missing =, empty name, unclosed quote)",
        "DL1000 SYNTAX_MISSING_EQUALS SYNTAX_MISSING_NAMES SYNTAX_MISSING_SINGLE_QUOTE SYNTAX_MISSING_DOUBLE_QUOTE "
        "dockerfilelint:label_invalid dockerfilelint:invalid_format dockerlint:env",
    ),
    _group(
        5,
        "A",
        3,
        "Unknown / malformed instruction flag (--foo, missing value, duplicate, not boolean)",
        "DL1000 FLAG_MISSING_VALUE FLAG_DUPLICATE FLAG_EXPECTED_BOOLEAN_VALUE FLAG_INVALID_FROM_VALUE "
        "UNKNOWN_ADD_FLAG UNKNOWN_COPY_FLAG UNKNOWN_FROM_FLAG UNKNOWN_HEALTHCHECK_FLAG",
    ),
    _group(
        6,
        "A",
        2,
        "HEALTHCHECK option or type invalid (duration, <1ms, retries, missing CMD)",
        "FLAG_AT_LEAST_ONE FLAG_INVALID_DURATION FLAG_LESS_THAN_1MS FLAG_MISSING_DURATION FLAG_UNKNOWN_UNIT "
        "UNKNOWN_TYPE HEALTHCHECK_CMD_ARGUMENT_MISSING dockerfilelint:healthcheck_options_missing_args",
    ),
    _group(
        7,
        "A",
        3,
        "Image reference or stage name malformed",
        "INVALID_REFERENCE_FORMAT INVALID_BUILD_STAGE_NAME INVALID_AS dockerlint:no_empty_tag dockerlint:no_empty_digest",
    ),
    _group(8, "A", 3, "FROM base name blank (undefined ARG)", "BASE_NAME_EMPTY dockerlint:variable_use"),
    _group(9, "A", 2, "Variable substitution modifier unsupported", "UNSUPPORTED_MODIFIER"),
    _group(
        10,
        "A",
        3,
        "Exec form looks like JSON but is not (single quotes, bad array)",
        "tally/invalid-json-form JSON_IN_SINGLE_QUOTES EJ0001 dockerlint:json_array_brackets "
        "dockerlint:json_array_even_quotes dockerlint:json_array_format",
    ),
    _group(11, "A", 2, "SHELL must be JSON array, non-empty", "SHELL_JSON_FORM SHELL_REQUIRES_ONE EJ0003"),
    _group(
        12,
        "A",
        3,
        "Stage graph cycle / COPY --from self",
        "DL3023 tally/circular-stage-deps DS-0006 kics:copy_from_references_current_from_alias DF050 EC0001",
    ),
    _group(13, "A", 2, "Line continuation followed by empty line", "NoEmptyContinuation EMPTY_CONTINUATION_LINE"),
    _group(
        14,
        "A",
        2,
        "escape directive invalid / duplicated",
        "INVALID_ESCAPE_DIRECTIVE DUPLICATED_ESCAPE_DIRECTIVE ED0002",
    ),
    _group(
        15,
        "A",
        2,
        "Parser directive misplaced, misspelled or not lower case (silently a comment)",
        "tally/syntax-directive-typo CASING_DIRECTIVE ED0001 ED0003 ED0004 ED0005",
    ),
    _group(
        16,
        "A",
        2,
        "ONBUILD trigger not allowed (FROM, ONBUILD, MAINTAINER) or invalid",
        "DL3043 tally/invalid-onbuild-trigger DF068 ONBUILD_CHAINING_DISALLOWED ONBUILD_TRIGGER_DISALLOWED EI0004 "
        "dockerlint:onbuild_disallowed",
    ),
    _group(17, "A", 1, "ONBUILD COPY/ADD used", "dockerlint:onbuild_copyadd"),
    _group(18, "A", 2, "STOPSIGNAL not a signal", "INVALID_SIGNAL"),
    _group(19, "A", 2, "Generic invalid syntax token", "INVALID_SYNTAX"),
    _group(20, "A", 1, "WORKDIR with unescaped spaces", "dockerfilelint:invalid_workdir"),
    # B
    _group(
        21,
        "B",
        3,
        "Image has no tag",
        "DL3006 DS-0001 CKV_DOCKER_7 kics:image_version_not_explicit semgrep:missing-image-version DF001 DF024 "
        "dockerfilelint:missing_tag EF0004 DKL-DI-0006",
    ),
    _group(
        22,
        "B",
        3,
        "Image tag is latest",
        "DL3007 DS-0001 CKV_DOCKER_7 kics:image_version_using_latest semgrep:avoid-latest-version DF001 DF024 "
        "dockerfilelint:latest_tag EF0003 DKL-DI-0006",
    ),
    _group(23, "B", 2, "Image not pinned by digest", "semgrep:dockerfile-source-not-pinned"),
    _group(24, "B", 2, "Registry not in allow-list", "DL3026 DF065"),
    _group(
        25,
        "B",
        1,
        "FROM --platform with constant",
        "FromPlatformFlagConstDisallowed DL3029 kics:using_platform_with_from semgrep:avoid-platform-with-from DF061",
    ),
    _group(26, "B", 1, "FROM --platform=$TARGETPLATFORM is redundant", "RedundantTargetPlatform DL3065"),
    _group(
        27,
        "B",
        2,
        "Base image platform differs from the target (needs registry)",
        "InvalidBaseImagePlatform tally/platform-mismatch",
    ),
    _group(
        28,
        "B",
        3,
        "Stage name duplicated",
        "DuplicateStageName DL3024 DS-0012 CKV_DOCKER_11 kics:same_alias_in_different_froms DF042 DUPLICATE_BUILD_STAGE_NAME EF0002",
    ),
    _group(29, "B", 2, "Stage name is a reserved word (scratch, context)", "ReservedStageName DL3063"),
    _group(30, "B", 1, "Stage name not lower case", "StageNameCasing"),
    _group(31, "B", 1, "Stage without name / alias", "kics:using_unnamed_build_stages DF023"),
    _group(
        32,
        "B",
        3,
        "COPY --from refers to an undefined stage",
        "DL3022 kics:copy_from_without_from_alias_defined_previously DF049 EC0002",
    ),
    _group(33, "B", 2, "COPY --from of an empty scratch stage", "tally/copy-from-empty-scratch-stage"),
    _group(34, "B", 2, "Stage unreachable from the final image", "tally/no-unreachable-stages"),
    _group(35, "B", 2, "Copies a whole root filesystem from another stage", "DL3067 DF026"),
    _group(
        36,
        "B",
        1,
        "Single-stage build with a build toolchain: use multi-stage",
        "tally/prefer-multi-stage-build DF011",
    ),
    _group(37, "B", 2, "RUN in shell form in a scratch / shell-less stage", "tally/shell-run-in-scratch"),
    _group(38, "B", 2, "ARG used in FROM is not declared before it", "UndefinedArgInFrom"),
    _group(39, "B", 2, "Default of a global ARG gives an invalid base image", "InvalidDefaultArgInFrom"),
    _group(40, "B", 2, "End-of-life runtime version", "tally/ruby/eol-ruby-version"),
    # C
    _group(41, "C", 3, "Variable used but never defined", "UndefinedVar dockerlint:variable_use dockerlint:arg"),
    _group(42, "C", 2, "ENV refers to a variable defined in the same statement", "DL3044 DF062"),
    _group(43, "C", 2, 'Legacy ENV/LABEL "key value" form', "LegacyKeyValueFormat"),
    _group(44, "C", 1, 'Comment above ARG/FROM must be "# name description"', "InvalidDefinitionDescription"),
    # D
    _group(
        45,
        "D",
        3,
        "No USER: image runs as root",
        "DS-0002 CKV_DOCKER_3 kics:missing_user_instruction semgrep:missing-user semgrep:missing-user-entrypoint DF020 CIS-DI-0001",
    ),
    _group(
        46,
        "D",
        3,
        "Last USER is root",
        "DL3002 DS-0002 CKV_DOCKER_8 kics:last_user_is_root semgrep:last-user-is-root DF002 EU0001",
    ),
    _group(47, "D", 2, "Root plus signs of mutable state", "tally/stateful-root-runtime"),
    _group(48, "D", 2, "User created but never used", "tally/user-created-but-never-used"),
    _group(49, "D", 1, "USER not numeric (Kubernetes runAsNonRoot)", "DL3066"),
    _group(
        50,
        "D",
        2,
        "USER/--chown by name where there is no /etc/passwd",
        "tally/named-identity-in-passwdless-stage",
    ),
    _group(
        51,
        "D",
        2,
        "USER name:group drops supplementary groups",
        "tally/user-explicit-group-drops-supplementary-groups",
    ),
    _group(52, "D", 2, "COPY/ADD after USER without --chown", "tally/copy-after-user-without-chown"),
    _group(53, "D", 1, "--chown not needed when only execute rights are needed", "kics:chown_flag_exists"),
    _group(54, "D", 2, "chmod 777 / world writable", "tally/world-writable-state-path-workaround DF034"),
    _group(
        55,
        "D",
        3,
        "sudo in RUN",
        "DL3004 DS-0010 CKV2_DOCKER_1 kics:run_using_sudo semgrep:no-sudo-in-dockerfile DF010 "
        "dockerfilelint:sudo_usage ER0004 dockerlint:sudo DKL-DI-0001",
    ),
    _group(56, "D", 2, "useradd with high UID without -l", "DL3046 DF064"),
    _group(57, "D", 2, "chpasswd sets passwords", "CKV2_DOCKER_17 DKL-LI-0001"),
    _group(58, "D", 1, "Duplicate UID/GID in image (image scan)", "DKL-LI-0002"),
    _group(59, "D", 1, "setuid/setgid files (image scan)", "CIS-DI-0008"),
    # E
    _group(
        60,
        "E",
        3,
        "Secret-looking name in ARG/ENV",
        "SecretsUsedInArgOrEnv DL3064 tally/ruby/secrets-in-arg-or-env DS-0031 kics:secrets_stored_in_dockerfile "
        "semgrep:secret-in-build-arg DF013 CIS-DI-0010",
    ),
    _group(
        61,
        "E",
        3,
        "Secret value in the text (entropy / provider patterns)",
        "tally/secrets-in-code DS-0031 kics:secrets_stored_in_dockerfile DF014",
    ),
    _group(
        62,
        "E",
        3,
        "RUN should take credentials with --mount=type=secret",
        "tally/require-secret-mounts tally/ruby/prefer-secret-mounts-for-build-credentials",
    ),
    _group(63, "E", 3, "curl or wget piped into a shell", "DF021"),
    _group(64, "E", 2, "curl -k / --insecure", "CKV2_DOCKER_2"),
    _group(65, "E", 2, "wget --no-check-certificate", "CKV2_DOCKER_3"),
    _group(66, "E", 2, "pip --trusted-host", "CKV2_DOCKER_4"),
    _group(67, "E", 2, "PYTHONHTTPSVERIFY=0", "CKV2_DOCKER_5"),
    _group(68, "E", 2, "NODE_TLS_REJECT_UNAUTHORIZED=0", "CKV2_DOCKER_6"),
    _group(69, "E", 2, "npm/yarn strict-ssl false", "CKV2_DOCKER_13 CKV2_DOCKER_12"),
    _group(70, "E", 2, "GIT_SSL_NO_VERIFY", "CKV2_DOCKER_14"),
    _group(71, "E", 2, "PIP_TRUSTED_HOST", "CKV2_DOCKER_16"),
    _group(72, "E", 2, "yum/dnf sslverify off", "CKV2_DOCKER_15"),
    _group(73, "E", 2, "apk --allow-untrusted", "CKV2_DOCKER_7"),
    _group(74, "E", 2, "apt-get --allow-unauthenticated", "CKV2_DOCKER_8"),
    _group(75, "E", 2, "yum/dnf --nogpgcheck", "CKV2_DOCKER_9"),
    _group(76, "E", 2, "rpm --nosignature etc.", "CKV2_DOCKER_10"),
    _group(77, "E", 2, "apt-get --force-yes", "CKV2_DOCKER_11"),
    _group(78, "E", 2, "docker.sock mounted", "semgrep:dockerfile-dockerd-socket-mount"),
    _group(79, "E", 2, "System directory as WORKDIR / mount", "DS-0030 DKL-DI-0002"),
    _group(80, "E", 1, "Downloads a vulnerable OpenSSL 3.0.0-3.0.5", "kics:vulnerable_openssl_version"),
    _group(81, "E", 1, "VEX file copied rather than attached", "tally/prefer-vex-attestation"),
    _group(82, "E", 1, "Content trust (host setting)", "CIS-DI-0005"),
    # F
    _group(
        83,
        "F",
        2,
        "apt-get install: pin versions",
        "DL3008 kics:apt_get_install_pin_version_not_defined DF005 ER0012",
    ),
    _group(84, "F", 2, "apk add: pin versions", "DL3018 kics:unpinned_package_version_in_apk_add DF052 ER0015"),
    _group(85, "F", 2, "pip install: pin versions", "DL3013 kics:unpinned_package_version_in_pip_install DF051 ER0013"),
    _group(86, "F", 2, "npm install: pin versions", "DL3016 kics:npm_install_without_pinned_version ER0014"),
    _group(87, "F", 2, "gem install: pin versions", "DL3028 kics:gem_install_without_version DF053 ER0016"),
    _group(88, "F", 2, "yum install: pin versions", "DL3033 kics:yum_install_without_version"),
    _group(89, "F", 2, "dnf install: pin versions", "DL3041 kics:missing_version_specification_in_dnf_install"),
    _group(90, "F", 2, "zypper install: pin versions", "DL3037 kics:zypper_install_without_version"),
    _group(91, "F", 2, "go install: pin version", "DL3062 DF054"),
    _group(
        92,
        "F",
        3,
        "apt-get install without -y",
        "DL3014 DS-0021 kics:apt_get_missing_flags_to_avoid_manual_input semgrep:missing-assume-yes-switch DF015 "
        "dockerfilelint:apt-get_missing_param ER0009",
    ),
    _group(
        93,
        "F",
        2,
        "yum install without -y",
        "DL3030 kics:yum_install_allows_manual_input semgrep:missing-yum-assume-yes-switch DF027",
    ),
    _group(
        94,
        "F",
        2,
        "dnf install without -y",
        "DL3038 kics:missing_flag_from_dnf_install semgrep:missing-dnf-assume-yes-switch",
    ),
    _group(95, "F", 2, "zypper without non-interactive", "DL3034 kics:missing_zypper_non_interactive_switch DF043"),
    _group(
        96,
        "F",
        3,
        "apt-get install without --no-install-recommends",
        "DL3015 DS-0029 kics:apt_get_not_avoiding_additional_packages semgrep:missing-no-install-recommends DF016 "
        "dockerfilelint:apt-get_recommends ER0010",
    ),
    _group(
        97,
        "F",
        3,
        "apt lists not removed in the same layer",
        "DL3009 kics:apt_get_install_lists_were_not_deleted semgrep:remove-package-cache "
        "semgrep:remove-package-lists DF004 dockerfilelint:apt-get_missing_rm ER0002 DKL-DI-0005",
    ),
    _group(
        98,
        "F",
        3,
        "apt-get update / package index update alone in a RUN",
        "DS-0017 CKV_DOCKER_5 kics:update_instruction_alone DF028 dockerfilelint:apt-get-update_require_install CIS-DI-0007",
    ),
    _group(
        99,
        "F",
        1,
        "upgrade / dist-upgrade in RUN (apt, apk, yum, dnf)",
        "DS-0024 kics:run_using_upgrade_commands kics:use_of_apk_upgrade kics:yum_update_disabled "
        "kics:run_using_dnf_update semgrep:avoid-apt-get-upgrade semgrep:avoid-apk-upgrade semgrep:avoid-yum-update "
        "semgrep:avoid-dnf-update dockerfilelint:apt-get-upgrade dockerfilelint:apt-get-dist-upgrade ER0006 "
        "DKL-DI-0003",
    ),
    _group(
        100,
        "F",
        1,
        "zypper update / dist-upgrade",
        "DL3035 kics:run_using_zypper_update semgrep:avoid-zypper-update DF044",
    ),
    _group(
        101,
        "F",
        2,
        "apt instead of apt-get",
        "DL3027 CKV_DOCKER_9 kics:run_using_apt semgrep:prefer-apt-get DF059 ER0006",
    ),
    _group(
        102,
        "F",
        3,
        "apk add without --no-cache",
        "DL3019 DS-0025 kics:apk_add_using_local_cache_path semgrep:missing-apk-no-cache DF029 DF004 "
        "dockerfilelint:apkadd-missing_nocache_or_updaterm ER0011 DKL-DI-0004",
    ),
    _group(103, "F", 1, "apk add/del together without --virtual", "dockerfilelint:apkadd-missing-virtual"),
    _group(104, "F", 2, "yum clean all missing", "DL3032 DS-0015 kics:yum_clean_all_missing DF047 DF004"),
    _group(
        105,
        "F",
        2,
        "dnf clean all missing",
        "DL3040 DS-0019 kics:missing_dnf_clean_all semgrep:missing-dnf-clean-all DF046",
    ),
    _group(106, "F", 2, "microdnf clean all missing", "DS-0027"),
    _group(
        107,
        "F",
        2,
        "zypper clean missing",
        "DL3036 DS-0020 kics:missing_zypper_clean semgrep:missing-zypper-clean DF045",
    ),
    _group(
        108,
        "F",
        3,
        "pip install keeps the cache (no --no-cache-dir / PIP_NO_CACHE_DIR / cache mount)",
        "DL3042 kics:pip_install_keeping_cached_packages semgrep:missing-pip-no-cache-dir DF030",
    ),
    _group(109, "F", 1, "yarn cache clean missing", "DL3060 DF055"),
    _group(
        110,
        "F",
        3,
        "Use BuildKit cache mounts for package managers",
        "tally/prefer-package-cache-mounts tally/ruby/prefer-bundler-cache-mount tally/js/node-gyp-cache-mounts",
    ),
    _group(111, "F", 2, "Lockfile install: npm ci / --omit=dev rather than npm install", "DF031"),
    _group(112, "F", 1, "Package list not sorted", "tally/sort-packages"),
    _group(113, "F", 2, "composer install without --no-dev", "tally/php/composer-no-dev-in-production"),
    _group(
        114,
        "F",
        2,
        "bundle install: deployment mode, without development, leftover cache, deprecated flags, redundant bundler (5 rules)",
        "tally/ruby/missing-bundle-deployment tally/ruby/missing-bundle-without-development "
        "tally/ruby/leftover-bundler-cache tally/ruby/deprecated-bundler-install-flags "
        "tally/ruby/redundant-bundler-install",
    ),
    _group(
        115,
        "F",
        1,
        "bundle install with bind mounts / --network=none",
        "tally/ruby/prefer-gemfile-bind-mounts tally/ruby/prefer-network-none-install",
    ),
    _group(
        116,
        "F",
        1,
        "bootsnap precompile without -j 1 breaks under QEMU",
        "tally/ruby/bootsnap-precompile-without-j1",
    ),
    _group(
        117,
        "F",
        1,
        "assets:precompile without SECRET_KEY_BASE_DUMMY",
        "tally/ruby/asset-precompile-without-dummy-key",
    ),
    # G
    _group(118, "G", 3, "ShellCheck on RUN bodies (all SCxxxx)", "SC tally/shellcheck"),
    _group(
        119,
        "G",
        3,
        "Pipe in RUN without pipefail",
        "DL4006 kics:shell_running_a_pipe_without_pipefail_flag semgrep:set-pipefail DF057 ER0001",
    ),
    _group(
        120,
        "G",
        2,
        "RUN cd instead of WORKDIR",
        "DL3003 DS-0013 kics:run_command_cd_instead_of_workdir semgrep:use-workdir DF008 ER0003",
    ),
    _group(
        121,
        "G",
        1,
        "Commands that make no sense in a container (ssh, vim, ps ...)",
        "DL3001 kics:run_utilities_and_posix_commands semgrep:nonsensical-command DF060 ER0005",
    ),
    _group(
        122,
        "G",
        2,
        "Change default shell with RUN ln -s instead of SHELL",
        "DL4005 kics:changing_default_shell_using_run_command semgrep:use-shell-instruction ER0008",
    ),
    _group(123, "G", 2, "Bash syntax under /bin/sh", "SC DF066"),
    _group(
        124,
        "G",
        1,
        "Both wget and curl used",
        "DL4001 DS-0014 kics:run_using_wget_and_curl semgrep:use-either-wget-or-curl DF058 ER0007",
    ),
    _group(125, "G", 1, "wget without quiet progress", "DL3047 DF056"),
    _group(126, "G", 2, "curl without --fail", "DF035"),
    _group(127, "G", 1, "curl without --location", "tally/curl-should-follow-redirects"),
    _group(128, "G", 1, "curl/wget without retry configuration", "tally/prefer-curl-config tally/prefer-wget-config"),
    _group(
        129,
        "G",
        1,
        "Consecutive RUN should be merged",
        "DL3059 kics:multiple_run_add_copy_instructions_listed DF003",
    ),
    _group(130, "G", 1, "Chained RUN could be a heredoc", "tally/prefer-run-heredoc"),
    _group(
        131,
        "G",
        1,
        "PowerShell: ErrorActionPreference, ProgressPreference, SHELL (3 rules; plus 70 PSScriptAnalyzer rules)",
        "tally/powershell/error-action-preference tally/powershell/progress-preference tally/powershell/prefer-shell-instruction",
    ),
    _group(132, "G", 1, "Telemetry opt-out environment", "tally/prefer-telemetry-opt-out"),
    # H
    _group(
        133,
        "H",
        3,
        "ADD used where COPY is enough",
        "DL3020 DS-0005 CKV_DOCKER_4 kics:add_instead_of_copy semgrep:prefer-copy-over-add DF006 EA0002 dockerlint:add CIS-DI-0009",
    ),
    _group(134, "H", 1, "COPY of an archive: ADD would extract", "DL3010 DF067 EC0003"),
    _group(
        135,
        "H",
        2,
        "ADD of a URL: use curl/wget or ADD --checksum",
        "kics:curl_or_wget_instead_of_add dockerfilelint:add_src_invalid EA0001",
    ),
    _group(136, "H", 2, "curl/wget + tar could be ADD --unpack", "tally/prefer-add-unpack"),
    _group(137, "H", 2, "git clone could be ADD <git>", "tally/prefer-add-git"),
    _group(
        138,
        "H",
        3,
        "COPY/ADD of several sources: destination must end with /",
        "DL3021 DS-0011 kics:copy_with_more_than_two_arguments_not_ending_with_slash DF048 INVALID_DESTINATION "
        "dockerfilelint:add_dest_invalid EC0004",
    ),
    _group(139, "H", 2, "COPY to a relative destination without WORKDIR", "DL3045 DF063"),
    _group(140, "H", 3, "COPY source is excluded by .dockerignore", "CopyIgnoredFile"),
    _group(141, "H", 2, "No .dockerignore", "DF033"),
    _group(142, "H", 2, "COPY . . copies the whole context", "DF007"),
    _group(143, "H", 1, "COPY + RUN chmod could be COPY --chmod", "tally/prefer-copy-chmod"),
    _group(144, "H", 1, "RUN echo > file could be COPY heredoc", "tally/prefer-copy-heredoc"),
    _group(145, "H", 1, "Heredoc bodies not formatted", "tally/prefer-formatted-heredocs"),
    _group(146, "H", 1, "Only needed files in image (image scan)", "DKL-LI-0003"),
    # I
    _group(
        147,
        "I",
        3,
        "CMD/ENTRYPOINT in shell form",
        "JSONArgsRecommended DL3025 kics:not_using_json_in_cmd_and_entrypoint_arguments "
        "semgrep:prefer-json-notation DF018 DF025 EJ0002 dockerlint:recommended_exec_form",
    ),
    _group(
        148,
        "I",
        3,
        "Several CMD in one stage",
        "MultipleInstructionsDisallowed DL4003 DS-0016 kics:multiple_cmd_instructions_listed DF038 "
        "MULTIPLE_INSTRUCTIONS EI0001 dockerlint:multiple_entries",
    ),
    _group(
        149,
        "I",
        3,
        "Several ENTRYPOINT in one stage",
        "MultipleInstructionsDisallowed DL4004 DS-0007 kics:multiple_entrypoint_instructions_listed "
        "semgrep:multiple-entrypoint-instructions DF039 MULTIPLE_INSTRUCTIONS EI0001 dockerlint:multiple_entries",
    ),
    _group(
        150,
        "I",
        2,
        "Several HEALTHCHECK in one stage",
        "MultipleInstructionsDisallowed DL3012 DS-0023 DF041 MULTIPLE_INSTRUCTIONS EI0001",
    ),
    _group(
        151,
        "I",
        1,
        "No HEALTHCHECK",
        "DL3057 DS-0026 CKV_DOCKER_2 kics:healthcheck_instruction_missing DF012 CIS-DI-0006",
    ),
    _group(152, "I", 1, "Neither CMD nor ENTRYPOINT", "DF036"),
    _group(153, "I", 1, "ENTRYPOINT and CMD should be combined", "DF017"),
    _group(154, "I", 1, "Rails health check endpoint", "tally/ruby/healthcheck-rails-up-endpoint"),
    _group(
        155,
        "I",
        3,
        "WORKDIR relative",
        "WorkdirRelativePath DL3000 DS-0009 CKV_DOCKER_10 kics:workdir_path_not_absolute DF009 "
        "WORKDIR_IS_NOT_ABSOLUTE EW0001 dockerlint:absolute_workdir",
    ),
    _group(
        156,
        "I",
        3,
        "EXPOSE port out of range / not a port",
        "DL3011 DS-0008 kics:unix_ports_out_of_range semgrep:invalid-port DF040 INVALID_PORT INVALID_PROTO "
        "dockerfilelint:invalid_port EE0001",
    ),
    _group(157, "I", 2, "EXPOSE with host port or IP", "ExposeInvalidFormat dockerfilelint:expose_host_port"),
    _group(158, "I", 1, "EXPOSE protocol case", "ExposeProtoCasing"),
    _group(159, "I", 2, "EXPOSE 22", "DS-0004 CKV_DOCKER_1 kics:exposing_port_22"),
    _group(160, "I", 1, "No EXPOSE", "DF022"),
    _group(
        161,
        "I",
        2,
        "MAINTAINER deprecated",
        "MaintainerDeprecated DL4000 DS-0022 CKV_DOCKER_6 kics:maintainer_instruction_being_used "
        "semgrep:maintainer-is-deprecated DF019 DEPRECATED_MAINTAINER dockerfilelint:deprecated_in_1.13 EI0003",
    ),
    _group(162, "I", 2, "Label key invalid", "DL3048 tally/labels/valid-key"),
    _group(163, "I", 1, "Label empty", "DL3051 dockerlint:label_no_empty_value"),
    _group(
        164,
        "I",
        1,
        "Label schema: required / superfluous / URL / RFC3339 / SPDX / hash / semver / e-mail (8 rules)",
        "DL3049 DL3050 DL3052 DL3053 DL3054 DL3055 DL3056 DL3058",
    ),
    _group(
        165,
        "I",
        1,
        "Labels: duplicate keys, grouping, order, stale base digest, overlap with buildx (5 rules)",
        "tally/labels/no-duplicate-keys tally/labels/prefer-grouped tally/labels/prefer-stable-order "
        "tally/labels/no-stale-base-digest tally/labels/no-buildx-git-overlap",
    ),
    _group(
        166,
        "I",
        2,
        "STOPSIGNAL: ungraceful, non-canonical, nginx SIGQUIT, systemd SIGRTMIN+3 (4 rules)",
        "tally/no-ungraceful-stopsignal tally/prefer-canonical-stopsignal tally/prefer-nginx-sigquit tally/prefer-systemd-sigrtmin-plus-3",
    ),
    _group(167, "I", 1, "PYTHONUNBUFFERED / PYTHONDONTWRITEBYTECODE", "DF032"),
    _group(
        168,
        "I",
        1,
        "PHP: opcache, xdebug (2 rules)",
        "tally/php/enable-opcache-in-production tally/php/no-xdebug-in-final-image",
    ),
    _group(
        169,
        "I",
        1,
        "Ruby: jemalloc not preloaded, YJIT, state paths (3 rules)",
        "tally/ruby/jemalloc-installed-but-not-preloaded tally/ruby/yjit-not-enabled-on-supported-runtime "
        "tally/ruby/state-paths-not-writable-as-non-root",
    ),
    _group(
        170,
        "I",
        1,
        "GPU / CUDA images (8 rules)",
        "tally/gpu/cuda-version-mismatch tally/gpu/no-buildtime-gpu-queries tally/gpu/no-container-runtime-in-image "
        "tally/gpu/no-hardcoded-visible-devices tally/gpu/no-redundant-cuda-install "
        "tally/gpu/prefer-minimal-driver-capabilities tally/gpu/prefer-runtime-final-stage "
        "tally/gpu/prefer-uv-over-conda",
    ),
    _group(
        171,
        "I",
        1,
        "Windows containers: --chown, RUN --mount, STOPSIGNAL (3 rules)",
        "tally/windows/no-chown-flag tally/windows/no-run-mounts tally/windows/no-stopsignal",
    ),
    # J
    _group(
        172,
        "J",
        2,
        "Instruction case inconsistent / not upper",
        "ConsistentInstructionCasing CASING_INSTRUCTION dockerfilelint:uppercase_commands EI0005",
    ),
    _group(173, "J", 1, "FROM ... as: case differs from FROM", "FromAsCasing"),
    _group(174, "J", 1, "Inline ignore pragmas forbidden", "DL1001"),
    _group(175, "J", 1, "Trailing spaces", "tally/no-trailing-spaces dockerlint:no_trailing_spaces"),
    _group(176, "J", 1, "No newline at end of file", "tally/eol-last"),
    _group(177, "J", 1, "Too many lines", "tally/max-lines"),
    _group(
        178,
        "J",
        1,
        "Blank lines, multiple spaces, indentation, one chained command a line, epilogue order (6 rules)",
        "tally/newline-between-instructions tally/no-multiple-empty-lines tally/no-multi-spaces "
        "tally/consistent-indentation tally/newline-per-chained-call tally/epilogue-order",
    ),
)

ELSEWHERE: dict[int, str] = {
    118: "ShellCheck itself, under its own codes (`--shellcheck`)",
}
"""What covers a group that no rule of the registry does, by its number."""

NONE: dict[int, str] = {
    20: "BuildKit takes all that stands behind WORKDIR for the path, spaces included: the file says what it does.",
    53: "It advises against a flag that is right wherever the user who runs has to write.",
    58: "Accounts are in the finished image, which a Dockerfile does not show; that takes a scan of the image.",
    59: "Modes of files are in the finished image, which a Dockerfile does not show; that takes a scan of the image.",
    82: "It is a setting of the machine that pulls, not of a Dockerfile.",
    145: "How a heredoc is laid out is for a formatter of the language in it.",
    146: "Files that came with packages are in the finished image; `analyze_image_size.sh` shows them.",
    154: "Which address tells that a Rails application is up, only the application knows.",
}
"""Why nothing covers a group, in one sentence, by its number."""

_USES = Counter(name for group in GROUPS for name in group.ids)


def distinctive(group: Group) -> frozenset[str]:
    """The ids that name this group and no other: whoever covers one of them covers the group."""
    further = {name for name, number in FURTHER.items() if number == group.number}
    return frozenset(name for name in group.ids if _USES[name] == 1) | further


def covering(group: Group, covers: Iterable[tuple[str, Iterable[str]]]) -> list[str]:
    """The codes of the rules that cover a group; `covers` has each rule's code with the peers' ids it says it covers."""
    names = distinctive(group)
    return [code for code, ids in covers if not names.isdisjoint(ids)]
