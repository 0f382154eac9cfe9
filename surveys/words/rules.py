"""The analyst's language for topics, read into a tree and written as a query of PostgreSQL's text search.

    wait* AND (queue OR "call centre") AND NOT tablet
    charger NEAR/3 (broken OR loose)

Words are found in all their forms (stems) and whatever their accents and case; `wait*` finds all that begins so; words
in quotes stand next to each other; `NEAR/n` on either side at most n words apart. AND binds tighter than OR; two things
side by side mean AND. Operators are written large: `not` is a word like any other, since nothing is left out.

A rule must ask for something: one that consists of NOT alone would be true of nearly everything, and no index helps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from surveys.words.indexing import laid_out

LONGEST = 2_000  # characters of a rule
DEEPEST = 20  # brackets in brackets
MOST = 600  # words of the finished query, each distance of a NEAR counted
FARTHEST = 20  # words, for NEAR


class WrongRule(ValueError):
    """The rule cannot be read; `position` is where (0 is its first character), the message says what is wrong."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True)
class Word:
    """One word, the beginning of words (`prefix`), or several next to each other."""

    text: str
    prefix: bool = False


@dataclass(frozen=True)
class All:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Any:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Not:
    part: Node


@dataclass(frozen=True)
class Near:
    left: Node
    right: Node
    distance: int


Node = Word | All | Any | Not | Near


class _Token(NamedTuple):
    kind: str  # AND OR NOT NEAR ( ) word phrase end
    text: str
    at: int


_TOKEN = re.compile(r"""\s*(?:(?P<open>\()|(?P<close>\))|"(?P<phrase>[^"]*)(?P<shut>"?)|(?P<word>[^\s()"]+))""")
_NEAR = re.compile(r"NEAR/(\d{1,3})")


def query_of(rule: str) -> str:
    """The rule for `to_tsquery`. Raises WrongRule."""
    tree = parsed(rule)
    if sum(1 for _ in _words(tree)) > MOST:
        raise WrongRule(f"The rule is too large: it comes to more than {MOST} words.", 0)
    return written(tree)


def parsed(rule: str) -> Node:
    """The rule as a tree. Raises WrongRule."""
    if len(rule) > LONGEST:
        raise WrongRule(f"A rule has at most {LONGEST} characters.", LONGEST)
    reader = _Reader(list(_tokens(rule)))
    tree = reader.any_of(0)
    if (rest := reader.next).kind != "end":
        raise WrongRule("There is a bracket too many.", rest.at)
    if not _asks(tree):
        raise WrongRule("A rule must ask for at least one word: with NOT alone it finds nearly everything.", 0)
    return tree


def _tokens(rule: str) -> Iterator[_Token]:
    at, end = 0, len(rule.rstrip())
    while at < end and (match := _TOKEN.match(rule, at)):
        start = match.end() - len(match.group().lstrip())
        yield _token(match, start)
        at = match.end()
    yield _Token("end", "", end)


def _token(match: re.Match[str], at: int) -> _Token:
    if match["open"] or match["close"]:
        return _Token(match.group().strip(), "", at)
    if match["phrase"] is not None:
        if not match["shut"]:
            raise WrongRule("This quotation mark is not closed.", at)
        return _Token("phrase", match["phrase"], at)
    word = match["word"]
    if word in ("AND", "OR", "NOT"):
        return _Token(word, "", at)
    if near := _NEAR.fullmatch(word):
        return _Token("NEAR", near[1], at)
    if word == "NEAR" or word.startswith("NEAR/"):
        raise WrongRule("Write how far apart the words may be: NEAR/3.", at)
    return _Token("word", word, at)


class _Reader:
    """Goes through the tokens once; each method reads what binds tighter than its caller."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens, self.place = tokens, 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.place]

    def take(self) -> _Token:
        token = self.next
        self.place += token.kind != "end"
        return token

    def any_of(self, depth: int) -> Node:
        parts = [self.all_of(depth)]
        while self.next.kind == "OR":
            self.take()
            parts.append(self.all_of(depth))
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def all_of(self, depth: int) -> Node:
        parts = [self.negated(depth)]
        while self.next.kind not in ("OR", ")", "end"):
            if self.next.kind == "AND":
                self.take()
            parts.append(self.negated(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def negated(self, depth: int) -> Node:
        if self.next.kind != "NOT":
            return self.near(depth)
        self.take()
        if self.next.kind == "NOT":
            raise WrongRule("NOT stands here twice.", self.next.at)
        return Not(self.near(depth))

    def near(self, depth: int) -> Node:
        at, left = self.next.at, self.atom(depth)
        if self.next.kind != "NEAR":
            return left
        near = self.take()
        distance, right_at = int(near.text), self.next.at
        if not 1 <= distance <= FARTHEST:
            raise WrongRule(f"NEAR takes a distance from 1 to {FARTHEST} words.", near.at)
        right = self.atom(depth)
        if self.next.kind == "NEAR":
            raise WrongRule("NEAR joins two things only; put more rules side by side.", self.next.at)
        for part, where in ((left, at), (right, right_at)):
            if not _plain(part):
                raise WrongRule("Beside NEAR stand words, phrases, or some of them joined by OR in brackets.", where)
        return Near(left, right, distance)

    def atom(self, depth: int) -> Node:
        token = self.take()
        if token.kind == "(":
            return self._bracketed(token, depth)
        if token.kind == "word":
            return _word(token)
        if token.kind == "phrase":
            return _phrase(token)
        raise WrongRule(_missing(token), token.at)

    def _bracketed(self, opened: _Token, depth: int) -> Node:
        if depth >= DEEPEST:
            raise WrongRule(f"Brackets stand in brackets at most {DEEPEST} deep.", opened.at)
        inside = self.any_of(depth + 1)
        if self.take().kind != ")":
            raise WrongRule("This bracket is not closed.", opened.at)
        return inside


def _missing(token: _Token) -> str:
    if token.kind == "end":
        return "The rule ends too early: a word is missing."
    if token.kind == ")":
        return "There is no word before this bracket."
    return f"A word is missing before {token.kind}."


def _word(token: _Token) -> Word:
    stem = token.text.removesuffix("*")
    if "*" in stem:
        raise WrongRule("A star stands at the end of a word only.", token.at + token.text.index("*"))
    words = laid_out(stem)
    if not words:
        raise WrongRule("Here is neither a letter nor a digit to look for.", token.at)
    prefix = stem != token.text
    if prefix and len(words.split()[-1]) < 2 and words.isascii():
        raise WrongRule("Give at least two letters before a star.", token.at)
    return Word(words, prefix)


def _phrase(token: _Token) -> Word:
    if "*" in token.text:
        raise WrongRule("In quotes there is no star.", token.at + 1 + token.text.index("*"))
    words = laid_out(token.text)
    if not words:
        raise WrongRule("Between these quotation marks is nothing to look for.", token.at)
    return Word(words)


def _plain(node: Node) -> bool:
    return isinstance(node, Word) or (isinstance(node, Any) and all(isinstance(part, Word) for part in node.parts))


def _asks(node: Node) -> bool:
    """Whether what it finds must hold some word."""
    if isinstance(node, All):
        return any(_asks(part) for part in node.parts)
    if isinstance(node, Any):
        return all(_asks(part) for part in node.parts)
    return not isinstance(node, Not)


def _words(node: Node) -> Iterator[str]:
    if isinstance(node, Word):
        yield from node.text.split()
    elif isinstance(node, Not):
        yield from _words(node.part)
    elif isinstance(node, Near):
        for _ in range(2 * node.distance):
            yield from _words(node.left)
            yield from _words(node.right)
    else:
        for part in node.parts:
            yield from _words(part)


def written(node: Node) -> str:
    """The tree as text for `to_tsquery`: words in quotes of their own, so that nothing in them is an operator."""
    if isinstance(node, Word):
        return _lexemes(node)
    if isinstance(node, Not):
        return f"!({written(node.part)})"
    if isinstance(node, Near):
        left, right = written(node.left), written(node.right)
        ways = [f"({a} <{n}> {b})" for n in range(1, node.distance + 1) for a, b in ((left, right), (right, left))]
        return f"({' | '.join(ways)})"
    joint = " & " if isinstance(node, All) else " | "
    return f"({joint.join(map(written, node.parts))})"


def _lexemes(word: Word) -> str:
    words = [f"'{each}'" for each in word.text.split()]
    if word.prefix:
        words[-1] += ":*"
    return words[0] if len(words) == 1 else f"({' <-> '.join(words)})"
