"""By which words an entry is found: its own. What it quotes is found where it stands, in the customer's passage."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.search import SearchVector
from django.db.models import Value

from distribution.models import Entry
from surveys.words.indexing import configuration, laid_out
from surveys.words.tongue import tongue


def index(entry: Entry) -> None:
    """Lay its words out for search, in the language that they are in; the title counts more."""
    language = tongue(f"{entry.title}\n{entry.words}", survey=settings.LANGUAGE_CODE, allowed=settings.SPOKEN)
    parts = [(entry.title, "A"), (entry.words, "B")]
    title, words = (
        SearchVector(Value(laid_out(text)), weight=weight, config=configuration(language)) for text, weight in parts
    )
    Entry.objects.filter(pk=entry.pk).update(language=language, tsv=title + words)
