"""Post-call programs: what the caller said to the machine before anybody served them (`PreConsent`), in SQL.

Their consent is that word, unless the person refused the channel as such: a no of either kind is a no. A word that came
after its call counts for nothing, since whoever sent it may have known how the call ended.
"""

from __future__ import annotations

from surveys.models import Program, ProgramVersion

_JOINS = """
    LEFT JOIN crm_interaction call ON call.id = o.interaction_id
    LEFT JOIN surveys_preconsent q
        ON q.source = call.source AND q.call = call.external_id AND q.received_at <= call.received_at"""


def call_slots(version: ProgramVersion) -> dict[str, str]:
    """What of the judge's statement is different after a call."""
    if version.program.kind != Program.Kind.POST_CALL:
        return {"consent": "c.granted", "pre_consent": "NULL::boolean", "call_joins": ""}
    said = "CASE WHEN NOT c.granted OR NOT q.granted THEN false ELSE q.granted END"
    return {"consent": said, "pre_consent": "q.granted", "call_joins": _JOINS}
