"""The signs of life after which nobody is reminded any more, in SQL: one rule for the job that makes reminders, for the
last look before one leaves, and for who asks why.

Holds (an open ticket is one), suppression, consent, the program's end and the contact rules are looked at in that last
look as for any message (`rechecking_sql`). Fetching a link is no sign: machines do that.
"""

from __future__ import annotations

# What came back about a mail of the invitation. An answer by machine says nothing, nor does what nobody understood.
_CAME_BACK = """(
    SELECT CASE b.verdict WHEN 'reply' THEN 'replied' WHEN 'complaint' THEN 'complained'
                          WHEN 'unsubscribe' THEN 'unsubscribed' ELSE 'came back' END
    FROM surveys_inboundmail b
    WHERE b.invitation_id = {n}.id AND b.judged_at <= {at}
      AND b.verdict IN ('reply', 'complaint', 'unsubscribe', 'bounce', 'soft_bounce', 'refused')
    ORDER BY b.judged_at, b.id LIMIT 1
)"""
# {n}: the invitation; {own}: id of the reminder itself, 0 if there is none yet; {at}: by when
SIGN = """coalesce(
    (SELECT 'answered' FROM surveys_response r WHERE r.invitation_id = {n}.id AND r.answered_at <= {at}),
    {came_back},
    (SELECT 'elsewhere' FROM (  -- by phone, on paper: about the same occasion, or the same survey since
        SELECT answered_at FROM surveys_response WHERE interaction_id = {n}.interaction_id
        UNION ALL SELECT answered_at FROM surveys_response
        WHERE customer_id = {n}.customer_id AND program_id = {n}.program_id AND answered_at > {n}.created_at
        UNION ALL SELECT r.answered_at  -- under the id by which another system knows the person
        FROM crm_customer c JOIN surveys_response r ON r.customer_id = c.id
        WHERE c.canonical_id = {n}.customer_id AND r.program_id = {n}.program_id AND r.answered_at > {n}.created_at
     ) r WHERE r.answered_at <= {at} LIMIT 1),
    (SELECT 'merged' FROM (  -- two looks at an index; with OR the planner goes through all who were ever merged
        SELECT canonical_since FROM crm_customer WHERE id = {n}.customer_id AND canonical_id IS NOT NULL
        UNION ALL SELECT canonical_since FROM crm_customer WHERE canonical_id = {n}.customer_id
     ) c WHERE c.canonical_since > {n}.created_at AND c.canonical_since <= {at} LIMIT 1),
    (SELECT CASE s.state WHEN 'unknown' THEN 'unsure' ELSE 'not out' END FROM surveys_message s
     WHERE s.invitation_id = {n}.id AND s.id <> {own} AND s.state <> 'handed_off' ORDER BY s.id LIMIT 1)
)""".replace("{came_back}", _CAME_BACK)

WORDS = {
    "answered": "answered meanwhile",
    "replied": "the customer has replied by mail",
    "elsewhere": "answered by another way",
    "complained": "the customer complained about a mail",
    "unsubscribed": "the customer does not want to be asked",
    "came back": "a mail to the customer came back",
    "merged": "the customer was merged with another since",
    "unsure": "nobody knows whether the mail before it arrived",
    "not out": "the mail before it did not go out",
    "expired": "the invitation has expired",
    "late": "it was not made in time",
}
