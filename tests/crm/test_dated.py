"""Spans of days and trees that change: crm.dated."""

from datetime import date

from crm.dated import Above, Span, stands_under

JAN, FEB, MAR = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


def test_cutting_a_span_out_leaves_the_days_before_and_after():
    assert Span(JAN).without(Span(FEB, MAR)) == [Span(JAN, FEB), Span(MAR)]


def test_cutting_out_days_that_it_does_not_have_leaves_it_whole():
    assert Span(JAN, FEB).without(Span(FEB, MAR)) == [Span(JAN, FEB)]


def test_a_span_covers_only_what_it_holds_to_the_end():
    assert Span(JAN).covers(Span(FEB, MAR))
    assert not Span(JAN, MAR).covers(Span(FEB))


def test_a_node_stands_under_an_ancestor_only_on_days_when_every_step_holds():
    tree = {3: [Above(2, Span(JAN, FEB))], 2: [Above(1, Span(FEB))]}
    assert not stands_under(tree, 3, 1, Span(JAN))
    assert stands_under(tree, 3, 2, Span(JAN))


def test_a_circle_elsewhere_does_not_hold_the_walk_for_ever():
    tree = {1: [Above(2, Span(JAN))], 2: [Above(1, Span(JAN))]}
    assert not stands_under(tree, 1, 9, Span(JAN))
