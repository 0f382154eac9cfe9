"""What a table hides: analytics.maths.suppression, held against whoever solves its equations."""

import random
from itertools import combinations

import numpy as np
import pytest

from analytics.maths.suppression import hidden_cells, hidden_parts

LEAST = 5


def equations(rows, columns):
    """Places of the table with its totals, and one equation a line: the cells minus the total are nothing."""
    places = [(r, c) for r in (*range(rows), None) for c in (*range(columns), None)]
    lines = [[(r, c) for c in range(columns)] + [(r, None)] for r in (*range(rows), None)]
    lines += [[(r, c) for r in range(rows)] + [(None, c)] for c in (*range(columns), None)]
    matrix = np.zeros((len(lines), len(places)))
    for number, line in enumerate(lines):
        for place in line:
            matrix[number, places.index(place)] = -1 if place == line[-1] else 1
    return places, matrix


def told_apart(table, hidden, rows, columns):
    """Groups of hidden figures under LEAST whose sum the equations give away: by trying every such group."""
    figures = dict(table)
    for r in range(rows):
        figures[r, None] = sum(table.get((r, c), 0) for c in range(columns))
    for c in (*range(columns), None):
        figures[None, c] = sum(figures.get((r, c), 0) for r in range(rows))
    places, matrix = equations(rows, columns)
    unknown = [place for place in places if place in hidden]
    known = matrix[:, [places.index(place) for place in unknown]]
    rank = np.linalg.matrix_rank(known) if unknown else 0
    found = []
    for size in range(1, LEAST):
        for group in combinations(unknown, size):
            if sum(figures[place] for place in group) < LEAST:
                asked = [float(place in group) for place in unknown]
                if np.linalg.matrix_rank(np.vstack([known, asked])) == rank:
                    found.append(group)
    return found


@pytest.mark.parametrize("seed", range(60))
def test_nothing_under_five_follows_from_what_is_shown(seed):
    rng = random.Random(seed)
    rows, columns = rng.randint(1, 4), rng.randint(1, 4)
    pool = (0, 0, 1, 2, 3, 4, 6, 9, 30) if seed % 2 else (0, 2, 7, 12, 40)
    table = {(r, c): n for r in range(rows) for c in range(columns) if (n := rng.choice(pool))}
    assert told_apart(table, hidden_cells(table, least=LEAST), rows, columns) == []


def test_the_attacker_finds_what_is_hidden_alone():
    table = {(0, 0): 40, (0, 1): 3, (1, 0): 35, (1, 1): 50}
    assert told_apart(table, {(0, 1)}, 2, 2) == [((0, 1),)]


def test_the_vector_hides_the_small_one_and_one_more():
    assert hidden_parts([40, 35, 3], least=LEAST) == {(2, None), (1, None)}


def test_small_ones_that_are_enough_together_hide_nobody_else():
    assert hidden_parts([40, 3, 4], least=LEAST) == {(1, None), (2, None)}
    assert hidden_parts([40, 1, 2], least=LEAST) == {(0, None), (1, None), (2, None)}


def test_nothing_is_hidden_where_nothing_is_small():
    assert hidden_parts([5, 6], least=LEAST) == frozenset()
    assert hidden_cells({(0, 0): 5, (1, 1): 9}, least=LEAST) == frozenset()


def test_a_crossed_table_hides_a_rectangle_of_the_smallest():
    table = {(0, 0): 3, (0, 1): 20, (0, 2): 30, (1, 0): 25, (1, 1): 22, (1, 2): 50}
    assert hidden_cells(table, least=LEAST) == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_a_total_that_is_small_is_hidden_too():
    assert hidden_parts([2], least=LEAST) == {(0, None), (None, None)}
