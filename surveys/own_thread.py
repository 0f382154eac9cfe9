"""What we wrote to a customer about what they told us, and their replies: an upper app that knows registers here.

The shape is that of common/panels.py. The words are those of the letter itself, which were written for the customer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple


@dataclass(frozen=True)
class Written:
    """A letter; `by`: an employee's name as the mail has it, empty where it is not known. `replies`: (when, words)."""

    public_id: str
    text: str
    at: datetime
    by: str = ""
    replies: list[tuple[datetime, str]] = field(default_factory=list)


class Post(NamedTuple):
    """`letters_to` (ids of a person's customer rows; whoever of the house looks at them, None: the customer): the
    newest first. `reply` (the same ids, the letter's id, the words, when): False if there is no such letter."""

    letters_to: Callable[[Collection[int], Any], list[Written]]
    reply: Callable[[Collection[int], str, str, datetime], bool]


_posts: list[Post] = []


def register(post: Post) -> None:
    """Called when the upper app's console is imported."""
    if post not in _posts:
        _posts.append(post)


def letters_to(customers: Collection[int], seen_by: Any = None) -> list[Written]:
    """What was written to the person, the newest first."""
    found = [letter for post in _posts for letter in post.letters_to(customers, seen_by)]
    return sorted(found, key=lambda letter: letter.at, reverse=True)


def reply(*, customers: Collection[int], letter: str, text: str, at: datetime) -> bool:
    """The person answers a letter; False if it is none of theirs."""
    return any(post.reply(customers, letter, text, at) for post in _posts)
