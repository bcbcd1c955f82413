"""What a credential looks like: tokens by their prefix, names of variables, files that exist to hold one.

Three questions, from the surest to the weakest: `find` (is a credential written in this text?), `credential_file` and
`held_in` (is this file one, does it hold one?), `secret_name` (does a variable of this name hold one?). None of them
can say that a credential is valid; all of them are built to stay silent on what merely resembles one: a GPG
fingerprint, a checksum, a placeholder.

Sources: the formats as their providers document them (GitHub "Token formats", GitLab "Token overview", AWS IAM "Unique
identifiers", Slack "Token types", and the pages on keys and tokens of the others in `TOKEN_FORMATS`); RFC 7519 for web
tokens, RFC 7468 for the headers of keys, RFC 3986 for the login in a URL; BuildKit's validations.go for what its own
check looks for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from itertools import pairwise
from typing import NamedTuple


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ALNUM = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
_UPPER = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_HEX = frozenset("0123456789abcdef")
_WORD = _ALNUM | {"_"}
_URLSAFE = _ALNUM | {"_", "-"}
_BASE64 = _ALNUM | {"+", "/", "="}


class TokenFormat(NamedTuple):
    """A token that says whose it is: `prefix`, then from `shortest` to `longest` characters of `alphabet`."""

    prefix: str
    alphabet: frozenset[str]
    shortest: int
    longest: int
    kind: str


_SLACK_WEBHOOK = "hooks.slack.com/services/T"

# Left out on purpose: Google's AIza… (a browser key of Firebase or Maps is public by design), Stripe's pk_… and
# Sentry's DSN (public, too), and everything that has no prefix of its own.
TOKEN_FORMATS = (
    TokenFormat("ghp_", _ALNUM, 36, 251, "a GitHub personal access token"),
    TokenFormat("gho_", _ALNUM, 36, 251, "a GitHub OAuth token"),
    TokenFormat("ghu_", _ALNUM, 36, 251, "a GitHub user token"),
    TokenFormat("ghs_", _ALNUM, 36, 251, "a GitHub installation token"),
    TokenFormat("ghr_", _ALNUM, 36, 251, "a GitHub refresh token"),
    TokenFormat("github_pat_", _WORD, 60, 244, "a GitHub fine-grained token"),
    TokenFormat("glpat-", _URLSAFE | {"."}, 20, 300, "a GitLab personal access token"),
    TokenFormat("gldt-", _URLSAFE | {"."}, 20, 300, "a GitLab deploy token"),
    TokenFormat("glrt-", _URLSAFE | {"."}, 20, 300, "a GitLab runner token"),
    TokenFormat("glcbt-", _URLSAFE | {"."}, 20, 300, "a GitLab job token"),
    TokenFormat("glptt-", _URLSAFE | {"."}, 20, 300, "a GitLab trigger token"),
    TokenFormat("AKIA", _UPPER, 16, 16, "an AWS access key"),
    TokenFormat("ASIA", _UPPER, 16, 16, "an AWS temporary access key"),
    TokenFormat("xoxb-", _URLSAFE, 20, 255, "a Slack bot token"),
    TokenFormat("xoxp-", _URLSAFE, 20, 255, "a Slack user token"),
    TokenFormat("xoxa-", _URLSAFE, 20, 255, "a Slack token"),
    TokenFormat("xoxe-", _URLSAFE, 20, 255, "a Slack refresh token"),
    TokenFormat("xapp-", _URLSAFE, 20, 255, "a Slack app token"),
    TokenFormat(_SLACK_WEBHOOK, _WORD | {"/"}, 30, 80, "a Slack webhook"),
    TokenFormat("npm_", _ALNUM, 36, 36, "an npm access token"),
    TokenFormat("pypi-AgEIcHlwaS5vcmc", _URLSAFE, 50, 1000, "a PyPI token"),
    TokenFormat("rubygems_", _HEX, 48, 48, "a RubyGems key"),
    TokenFormat("dckr_pat_", _URLSAFE, 20, 60, "a Docker Hub access token"),
    TokenFormat("dckr_oat_", _URLSAFE, 20, 60, "a Docker Hub organisation token"),
    TokenFormat("sk_live_", _ALNUM, 20, 250, "a Stripe secret key"),
    TokenFormat("rk_live_", _ALNUM, 20, 250, "a Stripe restricted key"),
    TokenFormat("sk-ant-", _URLSAFE, 60, 200, "an Anthropic key"),
    TokenFormat("sk-proj-", _URLSAFE, 40, 250, "an OpenAI key"),
    TokenFormat("hf_", _ALNUM, 34, 40, "a Hugging Face token"),
    TokenFormat("SG.", _URLSAFE | {"."}, 60, 70, "a SendGrid key"),
    TokenFormat("dop_v1_", _HEX, 64, 64, "a DigitalOcean token"),
    TokenFormat("shpat_", _HEX, 32, 32, "a Shopify token"),
    TokenFormat("glsa_", _WORD, 40, 50, "a Grafana service account token"),
    TokenFormat("hvs.", _URLSAFE, 24, 200, "a HashiCorp Vault token"),
    TokenFormat("lin_api_", _ALNUM, 40, 40, "a Linear key"),
    TokenFormat("dp.pt.", _ALNUM, 40, 44, "a Doppler token"),
    TokenFormat("dapi", _HEX, 32, 34, "a Databricks token"),
    TokenFormat("AGE-SECRET-KEY-1", _UPPER, 58, 58, "an age private key"),
)

_PEM_HEADER, _PEM_END = "-----BEGIN ", "PRIVATE KEY"


class Found(NamedTuple):
    """A credential in a text: its place (offsets), what it is, and whether it can be no stand-in for development."""

    start: int
    end: int
    kind: str
    sure: bool = True


def marks(text: str) -> list[str]:
    """What is in `text` that a credential can begin with: ask once for a whole file, before `find` reads its parts."""
    # Only long words can hold a token, and looking for each prefix in these few is faster than in all of a file.
    long = " ".join([word for word in text.split() if len(word) >= 20])
    found = [mark for mark in _FINDERS if mark in long]
    return [*found, _PEM_HEADER] if _PEM_HEADER in text else found


def find(text: str, begins: Iterable[str] | None = None) -> Iterator[Found]:
    """Every credential that is written out in `text`; `begins` are the `marks` of a text that this one is part of."""
    for mark in _FINDERS if begins is None else begins:
        if mark in text:
            yield from _FINDERS[mark](text)


def _run(text: str, start: int, alphabet: frozenset[str]) -> int:
    """The end of the run of characters of `alphabet` that starts at `start`."""
    end = start
    while end < len(text) and text[end] in alphabet:
        end += 1
    return end


def _places(text: str, mark: str) -> Iterator[int]:
    """Where `mark` starts in `text` and is not the end of a longer word."""
    at = text.find(mark)
    while at >= 0:
        if at == 0 or text[at - 1] not in _ALNUM:
            yield at
        at = text.find(mark, at + 1)


def _tokens(form: TokenFormat, text: str) -> Iterator[Found]:
    for at in _places(text, form.prefix):
        body = at + len(form.prefix)
        end = _run(text, body, form.alphabet)
        if form.shortest <= end - body <= form.longest and (end == len(text) or text[end] not in _ALNUM) and is_random(text[body:end], 12):
            yield Found(at, end, form.kind)


def _private_keys(text: str) -> Iterator[Found]:
    for at in _places(text, _PEM_HEADER):
        end = text.find("-----", at + len(_PEM_HEADER))
        if 0 < end - at < 60 and text[at:end].endswith((_PEM_END, _PEM_END + " BLOCK")):
            body = text[end + 5 : end + 200].replace("\\n", "").lstrip()
            # A script that tests for the header, or writes a template, has no key behind it.
            if _run(body, 0, _BASE64) >= 40 or body.startswith(("Proc-Type", "Version:", "Comment:")):
                yield Found(at, end + 5, "a private key")


def _web_tokens(text: str) -> Iterator[Found]:
    for at in _places(text, "eyJ"):
        end = _run(text, at, _URLSAFE | {"."})
        parts = text[at:end].split(".")
        if len(parts) == 3 and parts[1].startswith("eyJ") and len(parts[0]) >= 16 and len(parts[2]) >= 20:
            yield Found(at, end, "a JSON web token")


_URL_STOPS = frozenset(" \t\r\n\"'`<>|;,)]}/?#$")


def _url_passwords(text: str) -> Iterator[Found]:
    sign = text.find("@")
    while sign >= 0:
        start = text.rfind("://", max(sign - 300, 0), sign) + 3
        login = text[start:sign]
        user, colon, password = login.partition(":")
        if start > 2 and colon and _URL_STOPS.isdisjoint(login) and "{" not in login and password != user:
            kind = value_kind(password)
            host = text[sign + 1 : _run_until(text, sign + 1, _URL_STOPS)]
            name = host.partition(":")[0].lower()
            nowhere = name in _NOWHERE or name.endswith((".example.com", ".example.org", ".local")) or host[:1] == "["
            # The last @ ends the login: what looks like a host may be a part of the password.
            if "@" not in host and (kind == "random" or (kind == "weak" and not nowhere)):
                yield Found(start + len(user) + 1, sign, "the password of a URL", "." in host and not nowhere)
        sign = text.find("@", sign + 1)


def _run_until(text: str, start: int, stops: frozenset[str]) -> int:
    """The end of the run of characters that are none of `stops`."""
    end = start
    while end < len(text) and text[end] not in stops:
        end += 1
    return end


_NOWHERE = _words(
    "localhost 127.0.0.1 0.0.0.0 host db postgres mysql redis mongo host.docker.internal database example.com example.org dummy proxy"
) | {""}


# What a credential begins with, and who reads on from there.
_FINDERS: dict[str, Callable[[str], Iterator[Found]]] = {
    **{form.prefix: partial(_tokens, form) for form in TOKEN_FORMATS},
    _PEM_HEADER: _private_keys,
    "eyJ": _web_tokens,
    "@": _url_passwords,
}


def is_random(value: str, distinct: int = 10) -> bool:
    """Whether `value` looks drawn by lot: many distinct characters, few of them next in the alphabet to the last."""
    if len(set(value)) < distinct or "EXAMPLE" in value or "xxxx" in value or "XXXX" in value:
        return False
    codes = [ord(character) for character in value]
    # Consecutive characters one apart (abcdef, 123456) or equal: by chance fewer than one pair in ten.
    steps = sum(abs(after - before) <= 1 for before, after in pairwise(codes))
    return steps * 3 <= len(value)


_NOTHING = _words('true false yes no on off none null nil undefined default auto basic enabled disabled unset empty n/a {} [] "" ') | {""}
_PLACEHOLDER_PARTS = (
    "change",
    "replace",
    "placeholder",
    "example",
    "dummy",
    "your",
    "xxx",
    "...",
    "todo",
    "fixme",
    "fake",
    "sample",
    "insecure",
    "not-a-",
    "not_a_",
    "nota",
    "unused",
    "notused",
    "not-used",
    "not_used",
    "build",
    "temporary",
    "temp-",
    "ignored",
    "mock",
    "stub",
    "test",
    "<",
    "{{",
    "**",
    "unset",
    "insert",
    "foobar",
    "override",
    "provide",
)
_ELSEWHERE = ("/", "./", "../", "~/", "file:", "c:\\", "%", "vault:", "ssm:", "arn:", "env:", "secretsmanager:", "ref+")
"""How a value begins that names a place: a path, or the entry of a store of secrets."""
_PLACEHOLDERS = _words(
    "foo bar x secret password pass passwd token key apikey api_key user username dev development local abc abcd"
    " abc123 asdf hunter2 redacted pw"
)


def value_kind(value: str) -> str:
    """What a value that is given to a secret's name is, quotes removed.

    "" where no credential can be in it (empty, a switch, a variable, a path, a plain URL, the name of an entry in a store of secrets, a
    number of few digits),
    "placeholder" where it says of itself that it is none, "random" where it looks like a real one, and "weak" for every
    other text: a password that a person typed.
    """
    lower = value.strip().lower()
    if lower in _NOTHING or "$" in lower or "`" in lower or lower.startswith(_ELSEWHERE):
        return ""
    if "://" in lower or "/secrets/" in lower or (len(lower) < 4 and lower.isdigit()):
        return ""
    if lower in _PLACEHOLDERS or any(part in lower for part in _PLACEHOLDER_PARTS) or len(set(lower)) < 3:
        return "placeholder"
    compact = value.strip()
    if (
        len(compact) >= 20
        and " " not in compact
        and any(map(str.isdigit, compact))
        and any(map(str.isalpha, compact))
        and is_random(compact, 9)
    ):
        return "random"
    return "weak"


def is_fingerprint(value: str) -> bool:
    """Whether `value` is one or more GPG fingerprints or key ids: they identify public keys."""
    words = value.replace("0x", "").replace("0X", "").replace(",", " ").split()
    return bool(words) and all(len(word) in (4, 8, 16, 32, 40, 64) and _HEX.issuperset(word.lower()) for word in words)


# What BuildKit's check SecretsUsedInArgOrEnv looks for between underscores, and what calls it off (frontend 1.26).
BUILDKIT_WORDS = _words("apikey auth credential credentials key password pword passwd secret token")
BUILDKIT_ALLOWED = _words("public file version")

_SECRET_WORDS = _words(
    "password passwords passwd passphrase passcode pword pwd pass secret secrets token apikey credential credentials creds pat"
)
_SECRET_ENDINGS = (
    "password",
    "passwd",
    "passphrase",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "authtoken",
    "accesstoken",
    "token",
    "secret",
)
_KEY_OWNERS = _words(
    "api access private secret encryption encrypt signing master account deploy ssh license licence app auth"
    " service session rsa storage nuget stripe openai anthropic admin jwt ed25519 hmac aes"
)
_AUTH_OWNERS = _words("npm basic registry composer docker proxy http nexus artifactory")
# The last word says what of the secret it is; none of these is the secret itself.
_QUALIFIERS = _words(
    "file files path paths dir directory folder url uri endpoint host hostname server port version versions sha"
    " sha1 sha256 sha512 sha512sum sha256sum checksum digest fingerprint id ids name names ttl expiry expiration"
    " expires expire exp length len min max size type types method enabled enable disabled required policy"
    " algorithm algo alg prefix suffix header headers field lifetime timeout issuer audience mode provider backend"
    " manager store storage rotation arn dummy location placeholder mount regex pattern cost rounds count limit"
    " reset generator env keyserver server source output format scope scopes ring keyring days minutes hours"
    " seconds age interval username user email owner ref repo package image tag level options opts args flags"
    " encoder encoders hasher hashers strength command cmd validity bytes bits encoding salt template label title description text"
)
_SWITCHES = _words("public allow disable enable use skip require is has no without with install max min num next vite generate show hide")
_NOT_SECRETS = _words(
    "google_application_credentials pwd oldpwd init_pwd init_cwd secret_key_base_dummy sshpass goprivate git_askpass ssh_askpass"
)


def name_words(name: str) -> list[str]:
    """The words of a variable's name, lower case: DB_PASS, db-pass and dbPass are all db, pass."""
    if name.isupper() or name.islower():
        spaced = name.lower()
    else:
        pieces = []
        for before, character in zip(" " + name, name, strict=False):
            pieces.append("_" if character.isupper() and (before.islower() or before.isdigit()) else "")
            pieces.append(character)
        spaced = "".join(pieces).lower()
    return [word for word in spaced.replace("-", "_").replace(".", "_").split("_") if word]


def flagged_by_buildkit(name: str) -> bool:
    """Whether BuildKit's SecretsUsedInArgOrEnv reports a variable of this name."""
    words = name.lower().split("_")
    return not BUILDKIT_WORDS.isdisjoint(words) and BUILDKIT_ALLOWED.isdisjoint(words)


# Each of the words below has one of these in it: most names are done with after this look.
_HINTS = ("pass", "secret", "token", "key", "pwd", "pword", "cred", "auth", "pat")


@lru_cache(maxsize=1024)
def secret_name(name: str) -> bool:
    """Whether a variable of this name holds a credential, as far as a name can tell.

    Wider than BuildKit's check (DB_PASS, PGPASSWORD, GITHUB_PAT, ACCESSTOKEN, dbPassword) and narrower (GPG_KEY,
    KEY_ID, TOKEN_URL, AUTH_TYPE, SECRET_NAME and MAX_TOKEN hold none).
    """
    lower = name.lower()
    if not any(hint in lower for hint in _HINTS):
        return False
    words = name_words(name)
    if (
        not words
        or lower in _NOT_SECRETS
        or words[-1] in _QUALIFIERS
        or words[0] in _SWITCHES
        or "public" in words
        or "dummy" in words
        or "empty" in words
    ):
        return False
    if ("gpg" in words or "pgp" in words) and _SECRET_WORDS.isdisjoint(words) and "private" not in words:
        return False
    last = words[-1]
    owner = words[-2] if len(words) > 1 else ""
    if last == "pass":
        return owner not in ("", "by", "proxy", "first", "second", "multi", "single", "two", "high", "low", "all")
    if last == "pat":
        return owner != ""
    if last == "key" or last == "keys":
        return owner in _KEY_OWNERS
    if last == "auth":
        return owner in _AUTH_OWNERS
    if last == "json":
        return owner == "auth"
    if last in _SECRET_WORDS or last.endswith(_SECRET_ENDINGS):
        return True
    # The secret's word comes first: SECRET_KEY_BASE, PASSWORD_ADMIN, TOKEN_GITHUB.
    return any(word in _SECRET_WORDS and word not in ("pass", "pat", "pwd") for word in words[:-1])


class CredentialFile(NamedTuple):
    """A file that may hold a credential: what it is, and whether its name alone settles it (else its content does)."""

    kind: str
    sure: bool


_FILES: dict[str, CredentialFile] = {
    ".npmrc": CredentialFile("npm's configuration", False),
    ".yarnrc.yml": CredentialFile("Yarn's configuration", False),
    ".yarnrc": CredentialFile("Yarn's configuration", False),
    "bunfig.toml": CredentialFile("Bun's configuration", False),
    "pip.conf": CredentialFile("pip's configuration", False),
    "poetry.toml": CredentialFile("Poetry's configuration", False),
    "auth.json": CredentialFile("Composer's credentials", False),
    "settings.xml": CredentialFile("Maven's settings", False),
    "gradle.properties": CredentialFile("Gradle's properties", False),
    "nuget.config": CredentialFile("NuGet's configuration", False),
    ".env": CredentialFile("an environment file", False),
    "secrets.yml": CredentialFile("a file of secrets", False),
    "secrets.yaml": CredentialFile("a file of secrets", False),
    "secrets.json": CredentialFile("a file of secrets", False),
    "credentials.json": CredentialFile("credentials", False),
    ".netrc": CredentialFile("logins", True),
    "_netrc": CredentialFile("logins", True),
    ".pypirc": CredentialFile("PyPI credentials", True),
    ".git-credentials": CredentialFile("Git credentials", True),
    ".pgpass": CredentialFile("PostgreSQL passwords", True),
    ".vault-token": CredentialFile("a Vault token", True),
    ".dockercfg": CredentialFile("registry logins", True),
    ".boto": CredentialFile("cloud credentials", True),
    ".s3cfg": CredentialFile("S3 credentials", True),
    "kubeconfig": CredentialFile("a cluster's credentials", True),
    "master.key": CredentialFile("the key of Rails' credentials", True),
    "terraform.tfstate": CredentialFile("Terraform's state, secrets included", True),
    "id_rsa": CredentialFile("an SSH private key", True),
    "id_dsa": CredentialFile("an SSH private key", True),
    "id_ecdsa": CredentialFile("an SSH private key", True),
    "id_ed25519": CredentialFile("an SSH private key", True),
}
_PATHS: dict[str, CredentialFile] = {
    ".aws/credentials": CredentialFile("AWS credentials", True),
    ".docker/config.json": CredentialFile("registry logins", True),
    ".kube/config": CredentialFile("a cluster's credentials", True),
    ".cargo/credentials": CredentialFile("Cargo's token", True),
    ".cargo/credentials.toml": CredentialFile("Cargo's token", True),
    ".gem/credentials": CredentialFile("RubyGems' key", True),
    ".config/gh/hosts.yml": CredentialFile("GitHub CLI's token", True),
    ".bundle/config": CredentialFile("Bundler's configuration", False),
}
_PATH_NAMES = frozenset(path.rpartition("/")[2] for path in _PATHS)
_DIRECTORIES: dict[str, CredentialFile] = {
    ".ssh": CredentialFile("SSH keys", True),
    ".aws": CredentialFile("AWS credentials", True),
    ".gnupg": CredentialFile("GPG private keys", True),
    ".kube": CredentialFile("a cluster's credentials", True),
    ".azure": CredentialFile("Azure credentials", True),
}
_SUFFIXES: dict[str, CredentialFile] = {
    ".pem": CredentialFile("a key or certificate", False),
    ".key": CredentialFile("a private key", False),
    ".ppk": CredentialFile("a PuTTY private key", True),
    ".p12": CredentialFile("a key store", False),
    ".pfx": CredentialFile("a key store", False),
    ".kdbx": CredentialFile("a password database", True),
    ".tfvars": CredentialFile("Terraform variables", False),
}
_SERVICE_ACCOUNTS = (
    "service-account",
    "service_account",
    "serviceaccount",
    "client_secret",
    "client-secret",
    "gcp-key",
    "gcloud-key",
    "firebase-adminsdk",
)
_HARMLESS_PARTS = (
    "example",
    "sample",
    "template",
    "dist",
    "default",
    "schema",
    ".pub",
    "public",
    "test",
    "mock",
    "dummy",
    "fixture",
)


def credential_file(path: str) -> CredentialFile | None:
    """What kind of credential a file of this path is for, or None: `.env.example` and `id_rsa.pub` are for none."""
    lower = path.lower().replace("\\", "/").rstrip("/")
    base = lower[lower.rfind("/") + 1 :]
    found = _FILES.get(base) or _DIRECTORIES.get(base) or _SUFFIXES.get(base[base.rfind(".") :] if "." in base[1:] else "")
    if base in _PATH_NAMES:
        found = next((file for tail, file in _PATHS.items() if f"/{lower}".endswith("/" + tail)), found)
    elif base.startswith(".env."):
        found = _FILES[".env"]
    elif base.endswith(".json") and any(part in base for part in _SERVICE_ACCOUNTS):
        found = CredentialFile("a service account's key", True)
    return found if found is None or not any(part in base for part in _HARMLESS_PARTS) else None


# What is in front of a literal credential in the configuration files above.
_SETTINGS = (
    "_authtoken",
    "_auth",
    "_password",
    "npmauthtoken",
    "aws_secret_access_key",
    "password",
    "cleartextpassword",
    "token",
    "secret",
    "api_key",
    "apikey",
    "private_key",
)


def held_in(content: str, path: str = "") -> str:
    """What credential a file's text holds, as in "holds <this>", or "".

    Lines of the form NAME=value and name: value are read with the same eye as ENV: a secret's name with a value that is
    no placeholder, no variable and no path.
    """
    for found in find(content):
        if found.sure:
            return found.kind
    base = path.lower().rpartition("/")[2]
    if base in (".netrc", "_netrc") and "password" in content:
        return "a password"
    for line in content.splitlines()[:500]:
        stripped = line.strip()
        if not stripped or (stripped[0] in "#;/<" and not stripped.startswith("//")):
            continue
        name, equals, value = stripped.partition("=")
        if not equals:
            name, equals, value = stripped.partition(":")
        name = name.removeprefix("export ").strip(" {\"'").rpartition(":")[2]
        if not equals or not (secret_name(name) or name.lower() in _SETTINGS):
            continue
        value = value.strip().strip(" ,}\"'")
        if value_kind(value) == "random" or (value_kind(value) == "weak" and len(value) >= 6):
            return f"a value for {name}"
    return ""


def concealed(text: str) -> str:
    """The text with "…" for each credential in it, and for each value of a secret's name: for what is said of a file, not in it."""
    for found in sorted(find(text), reverse=True):
        text = f"{text[: found.start]}…{text[found.end :]}"
    if "=" not in text:
        return text
    words = text.split(" ")
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        name = name.lstrip("([\"'`-")
        if equals and secret_name(name) and value_kind(value.strip("\"'`)];,")) in ("random", "weak"):
            words[index] = f"{word[: word.index('=') + 1]}…"
    return " ".join(words)
