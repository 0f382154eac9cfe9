from __future__ import annotations

from collections.abc import Collection

from django.db import connection, models

from surveys.models.invitations import Invitation

_TAKE = """
DELETE FROM surveys_dispositionnote WHERE id = ANY(ARRAY(
  SELECT id FROM surveys_dispositionnote ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
)) RETURNING invitation_id
"""


class DispositionNoteManager(models.Manager["DispositionNote"]):
    def take(self, limit: int) -> Collection[int]:
        """Take up to `limit` notes, the oldest first; the ids of the invitations that they are about."""
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, [limit])
            return {row[0] for row in cursor.fetchall()}


class DispositionNote(models.Model):
    """What became of an invitation may be something else now. The database appends it itself, by triggers, in the
    transaction of the change and whoever makes it (migration 0046 says which changes); whoever counts dispositions
    takes it. Any number of them may stand about one invitation, and about one that is there no longer.
    """

    invitation = models.ForeignKey(
        Invitation, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )

    objects = DispositionNoteManager()

    def __str__(self) -> str:
        return f"about invitation {self.invitation_id}"
