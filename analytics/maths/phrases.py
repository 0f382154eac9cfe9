"""Which words and two-word phrases set some customers' comments apart from others'? Pure;
docs/algorithms/expectations.md.

Log-odds with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008, Political Analysis 16): how much likelier
a phrase is in these comments than in the others, where all comments together are what one would think of it before. Its
z score puts phrases in order; whether one is more than chance is asked of all at once (Fisher's exact test, Holm),
which holds where the z score is a rough guess: where few or none of the others say it.

What counts is in how many comments a phrase is, not how often: somebody who says it five times is one customer. Each
language is held against itself, so that a product sold more in one of them is not set apart by it. Common words stay
within phrases ("not", "on", "again" tell what happened), but none stands alone; the names of the product itself say
nothing and are left out.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from analytics.maths.holm import hold

FEWEST = 5  # comments that a phrase must be in
PRIOR = 1_000  # comments that the prior counts as: strong enough that a word of every sentence is not told for chance
OVERLAP = 0.5  # a phrase of which more comments hold one that is told already tells the same
COMMON = 0.05  # a word in more of the other comments names nothing by itself
MOST = 5  # phrases told of a language
_PART = re.compile(r"[.!?;:,()\[\]\n\"“”«»…–—]+")
_HIDDEN = re.compile(r"\[[^\]\n]{1,30}\]")  # what stands where personal data was
_WORD = re.compile(r"\w+(?:['’\-]\w+)*")


class Comment(NamedTuple):
    """`key`: whatever tells comments apart."""

    key: int
    language: str
    text: str


@dataclass(frozen=True)
class Phrase:
    """`n` of `of` comments hold it, `n_others` of `of_others`, and `prior` is the share of all. `keys`: of those that
    do, in the order given."""

    text: str
    language: str
    n: int
    of: int
    n_others: int
    of_others: int
    prior: float
    z: float
    p: float
    keys: tuple[int, ...]


def telling_phrases(
    ours: Sequence[Comment], others: Sequence[Comment], background: Iterable[Comment] = (), *, names: Iterable[str] = ()
) -> list[Phrase]:
    """What sets `ours` apart from `others`: the language first that most of them are in, and of each language the
    clearest phrase first, each telling something else than those before it.
    `background`: further comments that the prior knows. `names`: of the product, which say nothing."""
    own_names = {word for name in names for word in _words(name)}
    told, heard, known = (_by_language(each, own_names) for each in (ours, others, background))
    found = [
        phrase for language in told
        for phrase in _compared(language, told[language], heard[language].values(), known[language].values())
    ]  # fmt: skip
    held = hold({number: phrase.p for number, phrase in enumerate(found)})
    by_size = sorted(told, key=lambda language: (-len(told[language]), language))
    return [
        each for language in by_size
        for each in _unlike([found[number] for number in sorted(held) if found[number].language == language])
    ]  # fmt: skip


def phrases_of(text: str, names: Collection[str] = ()) -> set[str]:
    """The words and two-word phrases of a comment. A phrase does not reach over a stop, or over one of `names`."""
    found: set[str] = set()
    for part in _PART.split(_HIDDEN.sub(" . ", text)):
        run: list[str] = []
        for word in [*_words(part), ""]:
            if word and word not in names:
                run.append(word)
            else:
                found.update(run, (" ".join(pair) for pair in pairwise(run)))
                run = []
    return found


def _words(text: str) -> list[str]:
    return [word.replace("’", "'") for word in _WORD.findall(text.casefold())]


def _by_language(comments: Iterable[Comment], names: Collection[str]) -> Mapping[str, dict[int, set[str]]]:
    found: dict[str, dict[int, set[str]]] = defaultdict(dict)
    for comment in comments:
        found[comment.language][comment.key] = phrases_of(comment.text, names)
    return found


def _compared(
    language: str, ours: Mapping[int, set[str]], others: Collection[set[str]], background: Collection[set[str]]
) -> Iterator[Phrase]:
    mine = Counter(phrase for phrases in ours.values() for phrase in phrases)
    theirs = Counter(phrase for phrases in others for phrase in phrases)
    elsewhere = theirs + Counter(phrase for phrases in background for phrase in phrases)
    common, every = COMMON * (len(others) + len(background)), len(ours) + len(others) + len(background)
    for text, n in mine.items():
        if n < FEWEST or all(elsewhere[word] > common for word in text.split()):
            continue
        prior = (n + elsewhere[text]) / every
        z = log_odds(n, len(ours), theirs[text], len(others), prior=prior)
        keys = tuple(key for key, phrases in ours.items() if text in phrases)
        p = by_chance(n, len(ours), theirs[text], len(others))
        yield Phrase(text, language, n, len(ours), theirs[text], len(others), prior, z, p, keys)


def log_odds(n: int, of: int, n_others: int, of_others: int, *, prior: float) -> float:
    """The z score of n of `of` against n_others of `of_others`, where `prior` is the share one would think of before
    (Monroe et al., equations 15, 20 and 22, a comment in place of a word)."""
    yes, no = PRIOR * prior, PRIOR * (1 - prior)
    own = math.log((n + yes) / (of - n + no))
    theirs = math.log((n_others + yes) / (of_others - n_others + no))
    return (own - theirs) / math.sqrt(1 / (n + yes) + 1 / (n_others + yes))


def by_chance(n: int, of: int, n_others: int, of_others: int) -> float:
    """How likely `n` or more of the comments that hold it are among ours, if it is as likely anywhere (Fisher)."""
    held, every = n + n_others, of + of_others
    log_ways = _log_ways(every, held)
    return min(1.0, sum(
        math.exp(_log_ways(of, k) + _log_ways(of_others, held - k) - log_ways)
        for k in range(max(n, held - of_others), min(of, held) + 1)
    ))  # fmt: skip


def _log_ways(n: int, k: int) -> float:
    """Logarithm of how many ways there are to choose k of n."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _unlike(phrases: Sequence[Phrase]) -> list[Phrase]:
    """The clearest one, then each time the one that is clearest in the comments that hold none of those told so far;
    one that shares more than half of its comments with these tells the same and is left out."""
    told: list[Phrase] = []
    covered: set[int] = set()
    while len(told) < MOST:
        left = {phrase: phrase.n - len(covered.intersection(phrase.keys)) for phrase in phrases}
        fresh = [phrase for phrase, n in left.items() if n >= (1 - OVERLAP) * phrase.n and phrase not in told]
        if not fresh:
            break
        told.append(max(fresh, key=lambda each: (_clear(each, left[each], len(covered)), len(each.text), each.text)))
        covered.update(told[-1].keys)
    return told


def _clear(phrase: Phrase, n: int, covered: int) -> float:
    """Its z score in the comments that are left: `n` of them hold it, `covered` are told of."""
    return log_odds(n, phrase.of - covered, phrase.n_others, phrase.of_others, prior=phrase.prior)
