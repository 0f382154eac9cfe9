"""What a verb of distribution answers when it cannot be done. Nothing has changed when one of these is raised."""

from __future__ import annotations


class LibraryRefused(Exception):
    """An entry of the library cannot be made or changed so; the message says why, to the person who tried."""

    @property
    def message(self) -> str:
        return str(self.args[0])


class HuddleRefused(Exception):
    """It is not possible in a huddle now; the message says why, to the person who tried."""

    @property
    def message(self) -> str:
        return str(self.args[0])
