"""The library: stories, quotes and notices that the whole company, or a part of it, reads."""

from distribution.models.library.entries import Entry, Kind, Standing
from distribution.models.library.notices import Acknowledgement, PolicyNotice
from distribution.models.library.quotes import Quote
from distribution.models.library.stories import Story

__all__ = ["Acknowledgement", "Entry", "Kind", "PolicyNotice", "Quote", "Standing", "Story"]
