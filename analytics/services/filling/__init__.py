"""Rows into facts, facts into the cells of the declared rollups (docs/rollups.md).

`answers` and `invitations` take in what changed, `rebuilding` computes all of it anew, `counting` is what they share.
"""

from analytics.services.filling.answers import fill
from analytics.services.filling.invitations import fill_invitations
from analytics.services.filling.rebuilding import rebuild, request_rebuild

__all__ = ["fill", "fill_invitations", "rebuild", "request_rebuild"]
