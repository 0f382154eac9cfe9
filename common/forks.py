"""What a process that was just forked has to know of its parent."""

from __future__ import annotations

from django.db import connections


def forget_connections() -> None:
    """In the child: take up nothing that the parent has open, and do not close it either; two that speak over one
    connection read each other's rows. The parent cannot see to it: a thread in which an event loop runs has connections
    of its own beside those that it has otherwise (asgiref's Local), and the child sees the others."""
    for known in connections.all(initialized_only=True):
        del connections[known.alias]
