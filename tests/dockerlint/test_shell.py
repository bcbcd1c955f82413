"""shell.py: shell text into commands."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockerlint.shell import Command, command_of_words, parse
from dockerlint.text import Text, Word


def read(source: str) -> list[Command]:
    return parse(Text.of_lines(source.split("\n"), 1))


def only(source: str) -> Command:
    (command,) = read(source)
    return command


def shown(command: Command) -> str:
    return " ".join(word.value for word in command.words)


# A script, and its commands as "operator before | where it stands | words".
COMMANDS = {
    "": [],
    "  \t": [],
    "# only a comment": [],
    "ls": ["||ls"],
    "apt-get update && apt-get install -y 'curl' || exit 1; ls": [
        "||apt-get update",
        "&&||apt-get install -y curl",
        "||||exit 1",
        ";||ls",
    ],
    "a & b | c |& d": ["||a", "&||b", "|||c", "|&||d"],
    "a\nb\n\n;c;\nd": ["||a", "\n||b", ";||c", ";||d"],
    "a &&\n  b |\n c": ["||a", "&&||b", "|||c"],
    "a # b && c\nd": ["||a", "\n||d"],
    "\f": ["||\f"],
    "a\xa0b\tc\\\nd": ["||a\xa0b cd"],
    "a#b '#' ${#x} $# # c": ["||a#b # ${#x} $#"],
    "a \\\n  b\\\n  c d\\\ne": ["||a b c de"],
    # compound commands
    "if [ -f x ]; then a; elif ! b; then c; else d; fi && e": [
        "|if-condition|[ -f x ]",
        "|if|a",
        "|if-condition not|b",
        "|if|c",
        "|if|d",
        "&&||e",
    ],
    "for i do a; done": ["|loop|a"],
    "for i in a do $(b) ; do c; done; d": ["|substitution|b", "|loop|c", ";||d"],
    "for i in 1 2\ndo\nc\ndone": ["|loop|c"],
    "for ((i=0; i<3; i++)); do c; done": ["|loop|c"],
    "select i in a b; do c; done": ["|loop|c"],
    "while read x; do a; done < f; until b; do c; done": ["|while-condition|read x", "|loop|a", "|while-condition|b", "|loop|c"],
    "case $x in a|b) c; d;; (e) ;; *) f & g ;;& esac; h": ["|case|c", ";|case|d", "|case|f", "&|case|g", ";||h"],
    "case $(arch) in\n  # note\n  x86_64 | amd64)\n    a\n    ;;\n  'b c')\n    d ;;\nesac\ne": [
        "|substitution|arch",
        "|case|a",
        "|case|d",
        "\n||e",
    ],
    "(a; b) && { c; }": ["|subshell|a", ";|subshell|b", "|group|c"],
    "f() { a; }; g () ( b ); function h { c; }; function i() { d; }": [
        "|function|a",
        "|function|b",
        ";||function h",
        "|function|c",
        ";||function i",
        "|function|d",
    ],
    "! a | b && c": ["|not|a", "||not|b", "&&||c"],
    "! (a) || b": ["|not subshell|a", "||||b"],
    "(((a)))": ["||(((a)))"],
    "((a); b)": ["|subshell subshell|a", ";|subshell|b"],
    "((x++)) || [[ $x == y && ( -f 'z' || a < b ) ]] && c": ["||((x++))", "||||[[ $x == y && ( -f z || a < b ) ]]", "&&||c"],
    "echo if then fi { } ! for": ["||echo if then fi { } ! for"],
    "'if' x; \\for y": ["||if x", ";||for y"],
    "{ a; }; }b; {c,d}": ["|group|a", ";||}b", ";||{c,d}"],
    # substitutions
    "a $(b | c) `d e` <(f) $((1 + $(g)))": [
        "||a $(b | c) `d e` <(f) $((1 + $(g)))",
        "|substitution|b",
        "||substitution|c",
        "|substitution|d e",
        "|substitution|f",
        "|substitution|g",
    ],
    'a "x $(b "y $(c)")" "${z:-"$(d)"}"': [
        '||a x $(b "y $(c)") ${z:-"$(d)"}',
        "|substitution|b y $(c)",
        "|substitution substitution|c",
        "|substitution|d",
    ],
    "X=$(a) Y=1 b": ["||b", "|substitution|a"],
    "echo $(case x in y) a;; esac; b) c": ["||echo $(case x in y) a;; esac; b) c", "|substitution case|a", ";|substitution|b"],
    "echo $(a # )\nb)": ["||echo $(a # )\nb)", "|substitution|a", "\n|substitution|b"],
    "echo '$(a)' \\$(b": ["||echo $(a) $", "|subshell|b"],
    # wrappers
    "sudo -Eu root env -i A=1 nice -n 5 apt-get -y upgrade": [
        "||sudo -Eu root env -i A=1 nice -n 5 apt-get -y upgrade",
        "||env -i A=1 nice -n 5 apt-get -y upgrade",
        "||nice -n 5 apt-get -y upgrade",
        "||apt-get -y upgrade",
    ],
    "timeout -k 5 10 a; exec tini -- b; gosu user c; command -v d; time e": [
        "||timeout -k 5 10 a",
        "||a",
        ";||exec tini -- b",
        ";||tini -- b",
        ";||b",
        ";||gosu user c",
        ";||c",
        ";||command -v d",
        ";||time e",
        ";||e",
    ],
    "a | xargs -r -n1 rm -f": ["||a", "|||xargs -r -n1 rm -f", "||xargs|rm -f"],
    "find . -name '*.c' -exec chmod 644 {} + -o -exec sh -c 'a \"$1\"' _ {} \\;": [
        '||find . -name *.c -exec chmod 644 {} + -o -exec sh -c a "$1" _ {} ;',
        "|find -exec|chmod 644 {}",
        '|find -exec|sh -c a "$1" _ {}',
        "|find -exec sh -c|a $1",
    ],
    "bash -euxo pipefail -c 'a && b'; sh x.sh; sh -e; dash -c": [
        "||bash -euxo pipefail -c a && b",
        "|sh -c|a",
        "&&|sh -c|b",
        ";||sh x.sh",
        ";||sh -e",
        ";||dash -c",
    ],
    "su - user -c 'a'; su -c b; eval 'c;' d; trap 'e' EXIT; trap - EXIT": [
        "||su - user -c a",
        "|sh -c|a",
        ";||su -c b",
        "|sh -c|b",
        ";||eval c; d",
        "|eval|c",
        ";|eval|d",
        ";||trap e EXIT",
        "|trap|e",
        ";||trap - EXIT",
    ],
    # heredocs are data
    "cat <<EOF > f && a\nb && c\nEOF\nd": ["||cat", "&&||a", "\n||d"],
    "cat <<-'E F' <<B\n\ta\n\tE F\nb\nB\nc": ["||cat", "\n||c"],
    "cat <<EOF\na\n": ["||cat"],
    # not sound
    "a 'b && c": ["||a b && c"],
    'a "b $(c': ["||a b $(c", "|substitution|c"],
    "&& a ;; b )": ["&&||a", ";;||b"],
    "fi; done; esac; }": [],
    "a (b) c": ["||a", "|subshell|b", "||c"],
    "if a; then (b": ["|if-condition|a", "|if subshell|b"],
}


@pytest.mark.parametrize("source", COMMANDS)
def test_commands(source: str) -> None:
    assert [f"{command.before}|{' '.join(command.within)}|{shown(command)}" for command in read(source)] == COMMANDS[source]


BRANCHES = {
    "a; b": [(), ()],
    "if a; then b; elif c; then d; else e; fi; if f; then g; fi": [
        ((1, 0),), ((1, 1),), ((1, 2),), ((1, 3),), ((1, 4),), ((2, 0),), ((2, 1),),
    ],
    "{ a; (b); c; }": [((1, 0),), ((1, 0), (2, 0)), ((1, 0),)],
    "case x in a) b;; c) sudo d;; esac": [((1, 1),), ((1, 2),), ((1, 2),)],
    "while a; do b; done": [((1, 0),), ((1, 1),)],
}  # fmt: skip


@pytest.mark.parametrize("source", BRANCHES)
def test_branches(source: str) -> None:
    assert [command.branch for command in read(source)] == BRANCHES[source]


# A word as written, and its value.
WORDS = {
    "plain": "plain",
    "'a b'\"c d\"e": "a bc de",
    '"a \\"b\\" \\$c \\d"': 'a "b" $c \\d',
    "a\\ b": "a b",
    "''": "",
    '"$x"${y}': "$x${y}",
    "\"$(a 'b')\"": "$(a 'b')",
    "`a \"b\"`'c'": '`a "b"`c',
    "$'a\\tb\\'c'": "a\tb'c",
    "${x:-'y z'}": "${x:-'y z'}",
    '"${x:-\'}"': "${x:-'}",
    '--opt="a b"': "--opt=a b",
    "a\\\nb": "ab",
    "$(a \")\" ')' \\) `)`)": "$(a \")\" ')' \\) `)`)",
    "!(a|b)": "!(a|b)",
    "a=(b 'c d')": "a=(b 'c d')",
    "'it'\\''s'": "it's",
    "\\": "\\",
    '"\\': "\\",
}


@pytest.mark.parametrize("raw", WORDS)
def test_values(raw: str) -> None:
    word = read(f"echo {raw}")[0].words[1]
    assert (word.raw, word.value) == (raw, WORDS[raw])
    assert word.quoted == (raw != WORDS[raw])


def test_names_are_base_names() -> None:
    names = {
        source: read(source)[0].name
        for source in ("/usr/bin/apt-get x", "$HOME/bin/a", '"$A"/b', "$(which x/y) z", "A=1 B=/c", "> f", "'a b'/c d")
    }
    assert list(names.values()) == ["apt-get", "a", "b", "$(which x/y)", "", "", "c"]


def test_assignments_and_redirects() -> None:
    command = read("A=1 B='2 3' C=(4 5) cmd x 2>>log >&2 < in y <<<word &>all 3<>f >| g")[0]
    assert [word.value for word in command.assignments] == ["A=1", "B=2 3", "C=(4 5)"]
    assert shown(command) == "cmd x y"
    redirects = [(redirect.fd, redirect.operator, redirect.target.value) for redirect in command.redirects]
    assert redirects == [
        ("2", ">>", "log"), ("", ">&", "2"), ("", "<", "in"), ("", "<<<", "word"), ("", "&>", "all"), ("3", "<>", "f"), ("", ">|", "g"),
    ]  # fmt: skip
    assert [word.value for word in read("env -i A=1 cmd")[1].assignments] == ["A=1"]


def test_pipes_reach_into_and_out_of_compound_commands() -> None:
    into = {}
    for source in ("a | b", "a | { b; c; }", "{ x; a; } | b", "(x; a) |& b", "a | while b; do c; done", "a | sudo b", "a || b", "a; b"):
        commands = {command.name: command for command in read(source)}
        into[source] = (commands["a"].piped_into or commands["a"]).name
        assert (commands["b"].piped_from or commands["b"]).name == ("b" if into[source] == "a" else "a")
    assert list(into.values()) == ["b", "b", "b", "b", "b", "sudo", "a", "a"]


def test_what_is_wrapped_shares_the_operators() -> None:
    outer, inner, tee = read("sudo apt-get update 2>&1 | tee log")
    assert (inner.wrapper, outer.wrapped) == (outer, inner)
    assert (inner.after, inner.piped_into, inner.redirects) == ("|", tee, outer.redirects)


@pytest.mark.parametrize("form", ["sh -c '{}'", 'sh -c "{}"', "eval '{}'", "echo $({})", "echo `{}`", "sudo sh -c '{}'"])
def test_spans_of_nested_commands(form: str) -> None:
    source = form.format("a; apt-get update")
    command = read(source)[-1]
    column = source.index("apt-get") + 1
    assert command.span == (1, column, 1, column + len("apt-get update"))
    assert command.words[1].span == (1, column + 8, 1, column + 14)


def test_escapes_in_a_script_shift_nothing() -> None:
    source = 'sh -c "echo \\"x\\" \\$y; apt-get update"'
    command = read(source)[-1]
    assert command.span[:2] == (1, source.index("apt-get") + 1)
    assert shown(read(source)[-2]) == "echo x $y"


@pytest.mark.parametrize(
    ("source", "flag", "found"),
    [
        ("apt-get -qy install", "-y", True),
        ("apt-get -y install", "-q", False),
        ("apt-get install --yes", "--yes", True),
        ("curl --output=x", "--output", True),
        ("apt-get -oDpkg::Use-Pty=0 install", "-y", False),
        ("a -- -y", "-y", False),
        ("find . -name x", "-name", True),
        ("tool --no-cache", "-n", False),
        ("tool -", "-", True),
    ],
)
def test_has(source: str, flag: str, found: bool) -> None:
    assert only(source).has(flag) is found


@pytest.mark.parametrize(
    ("source", "names", "value"),
    [
        ("curl --output x", ("-o", "--output"), "x"),
        ("curl --output=x", ("-o", "--output"), "x"),
        ("curl -o x", ("-o", "--output"), "x"),
        ("curl -ox", ("-o", "--output"), "x"),
        ("curl -fsSLo x", ("-o", "--output"), "x"),
        ("curl -o", ("-o",), ""),
        ("curl x", ("-o",), None),
        ("curl -- -o x", ("-o",), None),
        ("curl --output-dir x", ("--output",), None),
        ("java -Dx=y -jar z", ("-jar",), "z"),
        ("adduser --uid 5 -u 6", ("-u", "--uid"), "5"),
    ],
)
def test_option(source: str, names: tuple[str, ...], value: str | None) -> None:
    assert only(source).option(*names) == value


def test_operands() -> None:
    command = only("curl -fsSLo out -H 'A: b' -ox --retry 3 --retry=3 - url -- -y")
    assert [word.value for word in command.operands(("-o", "-H", "--retry"))] == ["-", "url", "-y"]
    assert only("apt-get -t trixie install x").verb(("-t",)) == "install"
    assert only("apt-get").verb() == ""


def words_of_json(*values: str, raw: str = "") -> list[Word]:
    source = raw or "[" + ", ".join(f'"{value}"' for value in values) + "]"
    text = Text.of_lines([source], 3)
    words, start = [], 0
    for value in values:
        start = source.index('"', start)
        end = start + 1
        while source[end] != '"':
            end += 2 if source[end] == "\\" else 1
        words.append(Word(source[start : end + 1], value, True, start, end + 1, text))
        start = end + 1
    return words


def test_exec_form() -> None:
    raw = r'["/bin/bash", "-c", "echo \"a\" && apt-get update"]'
    commands = command_of_words(words_of_json("/bin/bash", "-c", 'echo "a" && apt-get update', raw=raw))
    assert [shown(command) for command in commands[1:]] == ["echo a", "apt-get update"]
    assert commands[0].name == "bash"
    assert commands[2].wrapper is commands[0]
    assert commands[2].span[:2] == (3, raw.index("apt-get") + 1)
    assert command_of_words([]) == []
    assert [command.name for command in command_of_words(words_of_json("env", "A=1", "node", "$HOME", "&&", "x"))] == ["env", "node"]


FRAGMENTS = st.sampled_from(
    "a|b |&&|\\|\\||;|;;|&|\\||\n|(|)|{ |}|$(|${|$((|))|`|'|\"|\\|#| # |<|>|<<E|\nE\n|<(|if |then |fi|case x in |esac|for |do |done|! |"
    "[[ |]]|f() |=|sh -c |eval |sudo |find -exec |\\;|$'|$|é|\t|\\\n|\r\n|1>|x=(".replace("\\|", "\0").split("|")
).map(lambda fragment: fragment.replace("\0", "|"))


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(FRAGMENTS, max_size=40).map("".join)))
def test_any_text_is_read(source: str) -> None:
    text = Text.of_lines(source.split("\n"), 1)
    for command in parse(text):
        assert isinstance(command.name, str)
        assert command.start <= command.end
        assert command.span
        for word in (*command.words, *command.assignments, *(redirect.target for redirect in command.redirects)):
            assert word.raw == word.text.value[word.start : word.end]
        assert command.operands() is not None
        assert command.option("-o") is None or command.has("-o")


@pytest.mark.parametrize(
    "part", ["$(", "((", "(", "{ ", "sudo ", '"$(', "`", "if ", "case x in ", "! ", "${", "eval ", "x=(", "[[ ", "<<E ", "'", "<(", "f()"]
)
def test_deep_nesting_ends(part: str) -> None:
    for source in (part * 3000, (part + "a\n") * 2000):
        for command in read(source):
            assert command.words is not None
