"""The words of shell text: where they end, what they mean without their quotes, and which substitutions are in them.

Most words are plain: regular expressions take these. The others go through `scan`, a small machine with a stack of its own, so that
no depth of nesting and no missing quote can stop it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dockerlint.text import Text, Word

_BLANK = r"(?:[ \t\r]++|\\\r?\n)"
_WORD = r"""(?![#]|[0-9]++[<>])
    (?: [^ \t\r\n'"\\$`;&|<>()]++
      | [$](?![('{]) | [$][{][^{}'"`\\$]*+[}] | [$]'(?:[^'\\]++|\\[\s\S])*+'
      | '[^']*+'
      | "(?:[^"\\$`]++|\\[\s\S]|[$](?![({])|[$][{][^{}'"`\\$]*+[}])*+"
      | \\(?:[^\r\n]|\r?\n(?![ \t\r\n;&|<>()]))
    )++ (?=[ \t\r\n;&|<>)]|\\\r?\n|(?<![?*+@!=])[(]|\Z)"""
# The simple words of a command (no more than 50, so that reading on behind a reserved word stays cheap), then a redirection or an operator.
TOKEN = re.compile(
    rf"""{_BLANK}*+ ((?:{_WORD}{_BLANK}*+){{1,50}}+)?+
    (?: ([0-9]*+(?:<<<|<<-?|<>|<&|<(?![(])|&>>?|>>|>&|>[|]|>(?![(])))
      | (&&|[|][|]|;;&|;;|;&|;|[|]&|[|]|&|\n|[(]|[)])?+ (?:{_BLANK}*+[#][^\n]*+)?+ )""",
    re.VERBOSE,
)
# One word of a run of simple words, which is known to be sound.
SIMPLE = re.compile(
    r"""(?!\\\r?\n)(?: [^ \t\r\n'"\\$]++ | [$](?!') | [$]'(?:[^'\\]++|\\[\s\S])*+' | '[^']*+' | "(?:[^"\\]++|\\[\s\S])*+"
      | \\[^\r\n] | \\\r?\n(?![ \t\r\n;&|<>()]) )++""",
    re.VERBOSE,
)
# What `scan` must look at.
_SPECIAL = re.compile(
    r"""\\(?:\r\n|[\s\S])?|[$]?['"]|`|[$](?:[(][(]?|[{])|[<>][(]|[ \t\r\n;&|<>(){}]"""
    r"""|(?<=[\s;&|(])(?:[#][^\n]*+|(?:case|esac)(?=[\s;)]|\Z))"""
)
_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")
BLANKS = re.compile(f"{_BLANK}*+")
GAP = re.compile(r"(?:[ \t\r\n]++|\\\r?\n|(?<![^ \t\r\n;&|()])[#][^\n]*+)*+")
EMPTY_PARENTHESES = re.compile(r"[ \t]*[(][ \t]*[)]")
_ANSI_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v", "\n": ""}
_JSON_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def is_assignment(word: str) -> bool:
    name = word.partition("=")[0]
    return name != word and name.partition("[")[0].removesuffix("+").isidentifier()


def first_word(run: str) -> str:
    """The first word of a run of simple words; of a word with quotes perhaps only its beginning."""
    first = run.partition(" ")[0]
    if "\n" in first or "\t" in first or "\r" in first:
        match = SIMPLE.match(run)
        assert match
        return match[0]
    return first


def words_of(text: Text, parts: Sequence[tuple[int, int, bool]]) -> Iterator[Word]:
    value = text.value
    for start, end, single in parts:
        if single:
            yield word_at(text, start, end)
            continue
        run = value[start:end]
        if "'" in run or '"' in run or "\\" in run:
            for match in SIMPLE.finditer(value, start, end):
                yield word_at(text, *match.span())
        else:
            for match in SIMPLE.finditer(value, start, end):
                raw = match[0]
                yield Word(raw, raw, False, match.start(), match.end(), text)


def word_at(text: Text, start: int, end: int) -> Word:
    raw = value = text.value[start:end]
    quote = raw[:1]
    if quote in ("'", '"') and raw.find(quote, 1) == len(raw) - 1 > 0 and (quote == "'" or "\\" not in raw):
        value = raw[1:-1]
    elif "'" in raw or '"' in raw or "\\" in raw:
        pieces: list[tuple[str, int]] = []
        stop = scan(text.value, start, end, [], pieces)
        value = "".join([piece for piece, _ in pieces]) + text.value[stop:end]
    return Word(raw, value, value != raw, start, end, text)


def shell_pieces(word: Word) -> list[tuple[str, int]]:
    pieces: list[tuple[str, int]] = []
    scan(word.text.value, word.start, word.end, [], pieces)
    return pieces


def json_pieces(word: Word) -> list[tuple[str, int]]:
    """The word's value in pieces, where its text has the JSON string with its escapes; in one where they are removed."""
    if word.raw == word.value or word.text.value[word.start : word.end] != word.raw:
        return [(word.value, word.start)]
    pieces = []
    for match in re.finditer(r'\\u([0-9a-fA-F]{4})|\\(.)|[^\\"]+', word.raw):
        code, letter = match.groups()
        piece = chr(int(code, 16)) if code else _JSON_ESCAPES.get(letter, letter) if letter else match[0]
        pieces.append((piece, word.start + match.start()))
    return pieces


def _expanding(word: Word) -> str:
    """What of the word the shell expands: single quotes and escaped dollars taken out."""
    raw = word.raw
    if "'" not in raw and "\\" not in raw:
        return raw
    kept, at, double = [], 0, False
    while at < len(raw):
        character = raw[at]
        if character == "\\":
            at += 2
            continue
        if character == '"':
            double = not double
        elif character == "'" and not double:
            at = raw.find("'", at + 1)
            if at < 0:
                break
        kept.append(character)
        at += 1
    return "".join(kept)


def variables_in(word: Word) -> set[str]:
    """The variables that the shell puts into the word."""
    return set(_VARIABLE.findall(_expanding(word))) if "$" in word.raw else set()


def scan(value: str, pos: int, end: int, nested: list[tuple[int, int]], pieces: list[tuple[str, int]], inside: str = "") -> int:
    """Reads one word of any kind from `pos` on and returns its end; where no word begins, `pos`.

    `nested` gets the bounds of the outermost command substitutions in it, `pieces` its value without quotes and escapes, in pieces with
    their offsets. `inside` is what closes a parenthesis that is already open.
    """
    # What closes what is open, innermost last: `"`, `)`, `))` of arithmetic, `}` of a parameter, "esac" (in which `)` closes nothing).
    closers = [inside] if inside else []
    start = kept = pos  # `kept`: where the current piece begins
    outermost = -1  # how many closers there were when the outermost substitution began, and where its commands begin
    commands = 0

    def keep(stop: int, resume: int) -> None:
        nonlocal kept
        if stop > kept:
            pieces.append((value[kept:stop], kept))
        kept = resume

    while pos < end:
        match = _SPECIAL.search(value, pos, end)
        if match is None:
            pos = end
            break
        token, at, pos = match[0], match.start(), match.end()
        top = closers[-1] if closers else ""
        surface = not closers or (top == '"' and len(closers) == 1)
        first = token[0]
        if first == "\\":
            if len(token) > 1 and surface and (not top or token[1:] in ("$", "`", '"', "\\", "\n", "\r\n")):
                keep(at, at + 1 if token[-1] != "\n" else pos)
        elif token == "`":
            closing = _closing_backquote(value, pos, end)
            if outermost < 0:
                nested.append((pos, closing))
            pos = min(closing + 1, end)
        elif token in ("$(", "$((", "<(", ">("):
            if first != "$":
                if top == '"' or top == "}":
                    continue
                if not top and at > start:
                    pos = at
                    break
            if token == "$((":
                closers.append("))")
            else:
                if outermost < 0:
                    outermost, commands = len(closers), pos
                closers.append(")")
        elif token == "${":
            closers.append("}")
        elif token == '"' or token == '$"':
            if top == '"':
                closers.pop()
                if not closers:
                    keep(at, pos)
            else:
                if not top:
                    keep(at, pos)
                closers.append('"')
        elif top == '"':
            if token == "$'":
                pos = at + 1
        elif token == "}":
            if top == "}":
                closers.pop()
        elif token == "'":
            if top == "}" and '"' in closers:
                continue
            closing = value.find("'", pos, end)
            closing = end if closing < 0 else closing
            if not top:
                keep(at, pos)
                keep(closing, closing + 1)
            pos = min(closing + 1, end)
        elif token == "$'":
            pos, unescaped = _ansi_string(value, pos, end)
            if not top:
                keep(at, pos)
                pieces += unescaped
        elif not top:
            if token == "(" and at > start and value[at - 1] in "?*+@!=":
                closers.append(")")
            elif first == "#":
                pos = at + 1
            elif token not in ("{", "case", "esac"):
                pos = at
                break
        elif top == "}":
            pass
        elif token == "(":
            closers.append(")")
        elif token == ")":
            if top == ")":
                closers.pop()
                if len(closers) == outermost:
                    nested.append((commands, at))
                    outermost = -1
            elif top == "))":
                closers.pop()
                pos += value.startswith(")", pos)
        elif token == "case":
            closers.append("esac")
        elif token == "esac" and top == "esac":
            closers.pop()
    pos = min(pos, end)
    if outermost >= 0:
        nested.append((commands, end))
    keep(pos, pos)
    return pos


def _ansi_string(value: str, pos: int, end: int) -> tuple[int, list[tuple[str, int]]]:
    """The end of a `$'…'` whose inside begins at `pos`, and its pieces without the commoner escapes."""
    pieces: list[tuple[str, int]] = []
    kept = pos
    while pos < end and value[pos] != "'":
        if value[pos] == "\\" and pos + 1 < end:
            escaped = value[pos + 1]
            pieces += [(value[kept:pos], kept), (_ANSI_ESCAPES.get(escaped, escaped), pos)]
            kept = pos = pos + 2
        else:
            pos += 1
    pieces.append((value[kept:pos], kept))
    return min(pos + 1, end), pieces


def _closing_backquote(value: str, pos: int, end: int) -> int:
    while pos < end and value[pos] != "`":
        pos += 2 if value[pos] == "\\" else 1
    return min(pos, end)
