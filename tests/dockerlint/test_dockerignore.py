"""What a .dockerignore keeps out; every expectation was compared with moby/patternmatcher 0.6.1 and its ignorefile package."""

from __future__ import annotations

import pytest

from dockerlint.dockerignore import BadPattern, DockerIgnore, clean, glob_match


@pytest.mark.parametrize(
    ("file", "kept_out", "sent"),
    [
        # Where a pattern looks: the root, unless it says otherwise.
        ("node_modules", "node_modules node_modules/a node_modules/a/b", "src/node_modules node_modules2 x"),
        ("node_modules/", "node_modules node_modules/a", "src/node_modules"),
        ("/node_modules", "node_modules/a", "src/node_modules"),
        ("./a//b/../c", "a/c a/c/d", "a/b"),
        ("../x", "", "x a/x"),
        ("**/node_modules", "node_modules a/node_modules a/b/node_modules/c", "a/xnode_modules"),
        ("**node_modules", "node_modules xnode_modules a/xnode_modules/c", "node_modules2"),
        ("a/**", "a/b a/b/c", "a ab"),
        ("a**", "a ab ab/c", "b"),
        ("a/**/b", "a/b a/x/b a/x/y/b/c", "a/xb b"),
        ("a**b", "ab ax/b", "axb"),
        ("**", "a a/b", ""),
        ("**/*", "a a/b", ""),
        ("**/", "a a/b", ""),
        ("*", "a a/b", ""),
        ("*/*", "a/b a/b/c", "a"),
        # Stars, question marks, brackets.
        ("*.md", "README.md", "docs/README.md README.mdx"),
        ("**/*.md", "README.md docs/README.md docs/a/b.md", "README.mdx"),
        ("**/test_*", "test_a a/test_b/c", "a/xtest_b"),
        ("**/a*z", "az q/abz", "q/ab/z"),
        ("src/*.py", "src/a.py", "src/b/a.py src/a.pyc"),
        ("a?c", "abc a-c/d", "ac a/c"),
        ("[a-c]x", "ax cx", "dx -x"),
        ("[^a]x", "bx", "ax x"),
        ("[!a]x", "!x ax", "bx"),
        (r"\*", "*", "a"),
        (r"a\?", "a?", "ab"),
        (r"[\]a]", "] a", "b"),
        # Case and Unicode count.
        ("Readme", "Readme", "readme README"),
        ("é?", "éa éé", "e\u0301"),
        # Oddities of patternmatcher's expressions.
        ("*|b", "anything/at/all", ""),
        ("*.{js,ts}", "a.{js,ts}", "a.js"),
        ("a{2}*", "aa aab", "a{2}b"),
        ("{a,b}", "{a,b}", "a b"),
        (r"obj\Debug*", "obj.ebug1 objDebug", "obj/Debug"),
        # The file: comments, white space, line ends, byte order mark.
        ("# x\nb", "b", "x #"),
        (" # x", "# x", "x"),
        ("a # x", "a\u0020#\u0020x", "a"),
        ("\n \t\n a \t\r\nb\r\n", "a b", "c"),
        ("\ufeffa\nb", "a b", "c"),
        ("a\n\ufeffb", "a \ufeffb", "b"),
        ("\x1fa", "\x1fa", "a"),
        ("\u00a0a\u3000", "a", "b"),
        ("/", "", "a"),
        (".", "", "a"),
        ("a/ ", "a", "b"),
        ("/ a", "a", "b"),
        # Exceptions: the last pattern that fits decides.
        ("*\n!a", "b b/c", "a a/b"),
        ("*.md\n!README.md", "a.md", "README.md"),
        ("!README.md\n*.md", "README.md", "a"),
        ("a\n!a/b", "a a/c", "a/b a/b/c"),
        ("a\n! /a/b/", "a/c", "a/b"),
        ("/!a\nb", "b", "a"),
        ("a\n!a\na/b", "a/b a/b/c", "a a/c"),
        ("**/*.py\n!keep/**", "a/b.py", "keep/b.py keep/a/b.py"),
        # An exception that names only a folder above what is kept out inside it was not asked about that folder.
        ("a/b\n!a", "a/b a/b/c", "a a/c"),
        ("*\n!a/b", "a a/c", "a/b"),
    ],
)
def test_what_is_kept_out(file: str, kept_out: str, sent: str) -> None:
    ignore = DockerIgnore(file)
    assert ignore.problem is None
    for path in kept_out.split(" ") if " # x" not in file and "a # x" not in file else [kept_out]:
        assert path == "" or ignore.ignored(path), path
    for path in sent.split(" "):
        assert path == "" or not ignore.ignored(path), path


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("!", 1),
        ("a\n! ", 2),
        ("!/", 1),
        ("[", 1),
        ("a\n\n[]", 3),
        ("[a", 1),
        ("a[b-]", 1),
        ("\\", 1),
        (r"src\public", 1),
        ("[z-a]", 1),
        ("a*[", 1),
        ("a" * 70_000, 1),
    ],
)
def test_what_buildkit_refuses(file: str, line: int) -> None:
    problem = DockerIgnore(file).problem
    assert problem is not None
    assert problem.line == line
    assert problem.reason


def test_a_pattern_knows_its_line() -> None:
    ignore = DockerIgnore("# first\n\n  dist/ \n!dist/keep\n")
    pattern = ignore.pattern_for("dist/a")
    assert pattern is not None
    assert (pattern.line, pattern.written, pattern.cleaned) == (3, "dist/", "dist")
    assert ignore.exceptions
    assert ignore.pattern_for("dist/keep/b") is None


def test_an_exception_may_lie_inside_a_folder() -> None:
    ignore = DockerIgnore("*\n!src/app/*\n")
    assert ignore.may_return_inside("src")
    assert not ignore.may_return_inside("lib")
    assert DockerIgnore("*\n!**/keep").may_return_inside("lib")


@pytest.mark.parametrize(
    ("file", "nothing_left"), [("*", True), ("**", True), ("**/*", True), ("a\n*", True), ("*\n!a", False), ("*/*", False), ("", False)]
)
def test_nothing_left(file: str, nothing_left: bool) -> None:
    assert (DockerIgnore(file).keeps_everything_out() is not None) == nothing_left


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("abc", "abc", True),
        ("*", "abc", True),
        ("*", "", True),
        ("*c", "abc", True),
        ("a*", "a", True),
        ("a*", "ab/c", False),
        ("a*/b", "abc/b", True),
        ("a*/b", "a/c/b", False),
        ("a*b*c*d*e*/f", "axbxcxdxe/f", True),
        ("a*b?c*x", "abxbbxdbxebxczzx", True),
        ("a*b?c*x", "abxbbxdbxebxczzy", False),
        ("ab[c]", "abc", True),
        ("ab[^b-d]", "abc", False),
        ("ab[^e-g]", "abc", True),
        (r"a\*b", "a*b", True),
        (r"a\*b", "ab", False),
        ("a?b", "a/b", False),
        ("a[^a]b", "a☺b", True),
        ("[a-ζ]*", "α", True),
        ("*x", "xxx", True),
        ("package*.json", "package-lock.json", True),
        ("{a,b}", "a", False),
        ("**", "a/b", False),
        ("a[", "b", None),
        ("[]a]", "]", None),
        ("[-]", "-", None),
        ("[x-]", "x", None),
        ("[^", "a", None),
        ("a[", "ab", None),
        ("a\\", "a", None),
        ("a*[", "b", False),
    ],
)
def test_glob(pattern: str, name: str, matches: bool | None) -> None:
    if matches is None:
        with pytest.raises(BadPattern):
            glob_match(pattern, name)
    else:
        assert glob_match(pattern, name) is matches


@pytest.mark.parametrize(
    ("path", "cleaned"), [("", "."), ("a/", "a"), ("//a", "/a"), ("///a//b/", "/a/b"), ("a/../..", ".."), ("/..", "/"), ("./a/.", "a")]
)
def test_clean(path: str, cleaned: str) -> None:
    assert clean(path) == cleaned


@pytest.mark.parametrize("first", ["a", "**/b", "*.log", "**/*.py", "a*", ".env.*", "src/**", "a/b", "[ab]"])
@pytest.mark.parametrize("second", ["b", "**/a.log", "a/b", "**/*.log", "src"])
def test_an_exception_of_nothing_changes_nothing(first: str, second: str) -> None:
    plain, general = DockerIgnore(f"{first}\n{second}"), DockerIgnore(f"{first}\n{second}\n!nothing-of-this-name")
    for path in "a b c a.log a/b a/b/c a/a.log src src/x.py src/a/b.log .env.prod a/.env.prod ab/c x/a".split():
        decided = [ignore.pattern_for(path) for ignore in (plain, general)]
        assert len({pattern and pattern.line for pattern in decided}) == 1, path
