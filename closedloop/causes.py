"""The tree of root causes and its editions: what is wrong with a draft, how a cause is called in full, as which cause
of a later edition an earlier one reads. Pure; no Django. docs/algorithms/causes.md tells it in words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

BETWEEN = " › "


@dataclass(frozen=True)
class Node:
    """A cause of one edition; `comes_from`: the causes of the edition before that it takes over."""

    pk: int
    name: str
    parent: int | None = None
    active: bool = True
    comes_from: frozenset[int] = frozenset()


def line_of(pk: int, parents: Mapping[int, int | None]) -> list[int]:
    """The cause and those above it, the nearest first; each once, even where somebody closed a circle."""
    line: list[int] = []
    step: int | None = pk
    while step is not None and step not in line:
        line.append(step)
        step = parents.get(step)
    return line


def path_of(node: Node, nodes: Mapping[int, Node]) -> str:
    """What we did › Waiting too long"""
    parents = {each.pk: each.parent for each in nodes.values()}
    return BETWEEN.join(nodes[pk].name for pk in reversed(line_of(node.pk, parents)))


def offered_among(nodes: Collection[Node]) -> set[int]:
    """Those that can be chosen: nothing that is still in use stands below them, and they are in use themselves."""
    branches = {node.parent for node in nodes if node.active}
    return {node.pk for node in nodes if node.active and node.pk not in branches}


def faults_of(nodes: Collection[Node], before: Mapping[int, str]) -> list[str]:
    """Why a draft cannot be published, in sentences; `before`: names of the edition in force. Empty: it can."""
    known = {node.pk: node for node in nodes}
    return [*_of_the_tree(known), *_of_the_past(known.values(), before)]


def _of_the_tree(known: Mapping[int, Node]) -> Iterator[str]:
    parents = {node.pk: node.parent for node in known.values()}
    for node in known.values():
        if node.parent is not None and node.parent not in known:
            yield f"“{node.name}” stands under a cause of another edition."
        elif _stands_under_itself(node.pk, parents):
            yield f"“{node.name}” stands under itself."
        elif node.active and any(not known[above].active for above in line_of(node.pk, parents)[1:] if above in known):
            yield f"“{node.name}” stands under a cause that is retired: retire it too, or move it."
    if not offered_among(list(known.values())):
        yield "No cause could be chosen: put at least one into the edition."


def _stands_under_itself(pk: int, parents: Mapping[int, int | None]) -> bool:
    top = line_of(pk, parents)[-1]
    return parents.get(top) is not None


def _of_the_past(nodes: Iterable[Node], before: Mapping[int, str]) -> Iterator[str]:
    taken_over = {old for node in nodes for old in node.comes_from}
    for pk, name in before.items():
        if pk not in taken_over:
            yield f"Say what became of “{name}”: name it under “comes from” of the cause that takes it over."


def as_is(pk: int, heirs: Mapping[int, Sequence[int]], parents: Mapping[int, int | None]) -> int | None:
    """As which cause an earlier one reads today. `heirs`: which causes of the next edition took it over; one without
    any stands in the newest edition itself. One that was split reads as the nearest cause above all its parts, since
    nobody can say which part was meant; None where there is no such cause."""
    if not heirs.get(pk):
        return pk
    today = [as_is(heir, heirs, parents) for heir in heirs[pk]]
    if None in today:
        return None
    lines = [line_of(each, parents) for each in today if each is not None]
    return next((above for above in lines[0] if all(above in line for line in lines)), None)
