"""What of the judge's statement is different after a call; the rule itself is in `consent_sql`."""

from __future__ import annotations

from surveys.models import Program, ProgramVersion
from surveys.services.consent_sql import AFTER_CALL, CALL_JOINS


def call_slots(version: ProgramVersion) -> dict[str, str]:
    """The consent that counts, the caller's word, and where it is looked up."""
    if version.program.kind != Program.Kind.POST_CALL:
        return {"consent": "c.granted", "pre_consent": "NULL::boolean", "call_joins": ""}
    said = AFTER_CALL.format(word="c.granted", pre_consent="q.granted")
    joins = CALL_JOINS.format(interaction="o.interaction_id")
    return {"consent": said, "pre_consent": "q.granted", "call_joins": joins}
