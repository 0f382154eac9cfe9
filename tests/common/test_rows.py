"""Rows for hand-written SQL: what the ORM would make while it saves is refused, before anything is written."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models.functions import Now
from django.test.utils import isolate_apps

from common.rows import insert, values_of
from surveys.models import Message, Response


@pytest.mark.parametrize(
    "field",
    [
        models.DateTimeField(auto_now=True),
        models.DateField(auto_now_add=True),
        models.DateTimeField(db_default=Now()),
        models.FileField(),
        models.GeneratedField(expression=models.F("id") * 2, output_field=models.IntegerField(), db_persist=True),
    ],
    ids=["changed at", "made at", "default of the database", "pre_save", "generated"],
)
@isolate_apps("tests")
def test_a_model_whose_values_are_made_while_saving_is_refused_by_name(field):
    row = type(
        "Row",
        (models.Model,),
        {"__module__": __name__, "Meta": type("Meta", (), {"app_label": "tests"}), "made": field},
    )
    for use in (lambda: insert(row), lambda: values_of(row())):
        with pytest.raises(ImproperlyConfigured, match="Row is written by the ORM alone: it makes made"):
            use()


def test_a_message_which_has_a_default_of_the_database_is_refused():
    with pytest.raises(ImproperlyConfigured, match="silences"):
        insert(Message)


def test_a_response_holds_all_that_is_stored_of_it():
    assert len(values_of(Response())) == len(Response._meta.concrete_fields) - 1
