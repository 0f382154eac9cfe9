"""Whether a person's own word allows asking them: one rule, in SQL, for the trigger's judge and for the last look
before a hand-off.

The last word on the channel counts. After a call it is what the caller said to the machine before anybody served them
(`PreConsent`), unless the person refused the channel as such: a no of either kind is a no. A word that came after its
call counts for nothing, since whoever sent it may have known how the call ended.
"""

from __future__ import annotations

# Of two last words at the same instant the no; what was said before the rows became one person counts as said then.
LAST_WORD = "greatest(c.at, {joined}) DESC, c.granted"

# {interaction}: the call. As joins for many occasions, and as a value for a message.
_OF_CALL = "q.source = call.source AND q.call = call.external_id AND q.received_at <= call.received_at"
CALL_JOINS = """
    LEFT JOIN crm_interaction call ON call.id = {interaction}
    LEFT JOIN surveys_preconsent q ON {of_call}""".replace("{of_call}", _OF_CALL)
PRE_CONSENT = """(
    SELECT q.granted FROM crm_interaction call JOIN surveys_preconsent q ON {of_call} WHERE call.id = {interaction}
)""".replace("{of_call}", _OF_CALL)

# {word}: the last one on the channel, {pre_consent}: that of the caller; null where there is none
AFTER_CALL = "CASE WHEN NOT {word} OR NOT {pre_consent} THEN false ELSE {pre_consent} END"

# {consent}: either of the two; without one it depends on the version
REFUSED = "NOT coalesce({consent}, NOT {required})"
