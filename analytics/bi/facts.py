"""What happened: one row each, with the keys of the dimensions. Units, employees and customers are those of then."""

from __future__ import annotations

from analytics.bi.shapes import KEYS, Column, View, customer_of, employee_of, local_day
from surveys.models.public_links import PUBLIC

CUSTOMER = Column("customer_key", customer_of("c"), "Whose; empty: nobody knows (anonymous).")
UNIT = Column("unit_id", "u.id", "Unit of then; see dim_org and dim_org_as_was.")
PROGRAM = Column("program_id", "f.program_id", "Survey program.")


def employee(row: str, about: str) -> Column:
    return Column("employee_key", employee_of(row), about)


def origin(table: str, *, customer: str = "f.customer_id", unit: str = "f.unit_id") -> str:
    """The row, the key of the pseudonyms, its customer and its unit."""
    return (
        f"FROM {table} f CROSS JOIN {KEYS} k LEFT JOIN crm_customer c ON c.id = {customer} "
        f"JOIN crm_orgunit u ON u.id = {unit}"
    )


FACT_INVITATION = View(
    "fact_invitation",
    "Customers who were asked: the denominator of the response rate. Deduplicate nothing: one row is one asking.",
    (
        Column("invitation_id", "f.id", "Key of the invitation."),
        PROGRAM,
        Column("version", "v.number", "Version of the program that asked."),
        UNIT,
        CUSTOMER,
        employee("f.employee_id", "Who had served the customer; empty: nobody in particular."),
        Column("interaction_id", "f.interaction_id", "What it asks about; empty: the relationship."),
        Column("channel", "f.channel", "How it asks."),
        Column("language", "f.language", "In which language."),
        Column("invited_at", "f.created_at", "When it was decided to ask."),
        Column("invited_on", local_day("f.created_at", "u"), "Day of that where the unit is."),
        Column("expires_at", "f.expires_at", "Until when it can be answered."),
        Column("state", "m.state", "Of the hand-off: pending, sending, handed_off, failed, unknown, cancelled."),
        Column("handed_off_at", "m.handed_off_at", "When the question left the house; empty: it did not."),
        Column("is_answered", "r.id IS NOT NULL", "There is an answer."),
    ),
    f"""{origin("surveys_invitation")} JOIN surveys_programversion v ON v.id = f.version_id
    LEFT JOIN surveys_message m ON m.invitation_id = f.id AND m.kind = 'ask'
    LEFT JOIN surveys_response r ON r.invitation_id = f.id""",
)
FACT_RESPONSE = View(
    "fact_response",
    "Answers as they stand now. A score counts rows with scale_min 0, scale_max 10, a score, and not is_anonymous.",
    (
        Column("response_id", "f.id", "Key of the answer."),
        Column("invitation_id", "f.invitation_id", "The asking; empty: collected elsewhere."),
        PROGRAM,
        UNIT,
        CUSTOMER,
        employee("f.employee_id", "Who had served the customer; empty: nobody in particular."),
        Column("interaction_id", "f.interaction_id", "What it is about, if anything in particular."),
        Column("product", "f.product", "Product of then; empty: none."),
        Column("channel", "f.channel", "How the answer came."),
        Column("language", "f.language", "Language of the answer; empty: unknown."),
        Column("score", "f.score", "The score; empty: none was given."),
        Column("scale_min", "f.scale_min", "Lowest score that could be given."),
        Column("scale_max", "f.scale_max", "Highest score that could be given."),
        Column("category", "nullif(f.category, '')", "promoter, passive or detractor; empty on other scales."),
        Column("answered_at", "f.answered_at", "When the score was first given."),
        Column("answered_on", local_day("f.answered_at", "u"), "Day of that where the unit is."),
        Column("completed_at", "f.completed_at", "When the survey was answered to its end; empty: it was not."),
        Column("has_comment", "f.comment <> ''", "The customer wrote something. The words are not here."),
        Column("wants_call", "f.callback", "The customer wants to be called; empty: did not say."),
        Column("may_quote", "f.may_quote", "The customer may be quoted; empty: did not say."),
        Column("may_forward", "f.may_forward", "The words may be passed on; empty: did not say."),
        Column("is_loaded", "f.invitation_id IS NULL", "Collected elsewhere: nobody knows how many were asked."),
        Column("is_anonymous", f"starts_with(f.source, '{PUBLIC}')", "By a public link: it counts in no score."),
        Column("revision", "f.revision", "How many steps were stored; counted up by every change."),
    ),
    origin("surveys_response"),
)
FACT_ANSWER = View(
    "fact_answer",
    "Each step of an answer as it was given, changes included. Words and phone numbers are not here.",
    (
        Column("answer_id", "f.id", "Key of the step."),
        Column("response_id", "f.response_id", "The answer it belongs to."),
        Column("revision", "f.revision", "Which step it was."),
        Column("question", "f.question", "score, comment, callback, quote, or the code of a further question."),
        Column(
            "score",
            "CASE WHEN f.question = 'score' AND jsonb_typeof(f.value) = 'number' THEN f.value::int END",
            "The score of that step; empty for other questions.",
        ),
        Column("given_at", "f.at", "When it was given."),
    ),
    "FROM surveys_answer f",
)  # fmt: skip
# as `surveys.questionnaire.asking.standing_answers` has it: whoever changes an earlier answer leaves those that hung on
# it behind. Question by question, in their order; a condition holds over what stands so far
STANDING = """CROSS JOIN LATERAL (
        WITH RECURSIVE step AS (
            SELECT 0 AS number, '{}'::jsonb AS standing
            UNION ALL
            SELECT s.number + 1, CASE WHEN f.further ? (q.question ->> 'code')
                AND (coalesce(nullif(q.question #> '{ask,categories}', 'null'), '[]') = '[]'
                    OR q.question #> '{ask,categories}' @> to_jsonb(f.category))
                AND NOT EXISTS (
                    SELECT FROM jsonb_array_elements(
                        coalesce(nullif(q.question #> '{ask,answers}', 'null'), '[]')) c (said)
                    CROSS JOIN LATERAL (SELECT s.standing -> (c.said ->> 'question') AS given) g
                    WHERE NOT EXISTS (
                        SELECT FROM jsonb_array_elements(
                            CASE jsonb_typeof(g.given) WHEN 'array' THEN g.given ELSE jsonb_build_array(g.given) END
                        ) e (one) WHERE c.said -> 'any_of' @> e.one))
                THEN s.standing || jsonb_build_object(q.question ->> 'code', f.further -> (q.question ->> 'code'))
                ELSE s.standing END
            FROM step s CROSS JOIN LATERAL (SELECT v.questions -> s.number AS question) q
            WHERE s.number < jsonb_array_length(v.questions)
        )
        SELECT standing FROM step ORDER BY number DESC LIMIT 1
    ) told
    CROSS JOIN LATERAL jsonb_array_elements(v.questions) WITH ORDINALITY asked (question, number)
    CROSS JOIN LATERAL (
        SELECT told.standing -> (asked.question ->> 'code') AS given WHERE told.standing ? (asked.question ->> 'code')
    ) one
    CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof(one.given) WHEN 'array' THEN one.given ELSE jsonb_build_array(one.given) END
    ) each (value)"""
KIND = "asked.question ->> 'kind'"
FACT_FURTHER_ANSWER = View(
    "fact_further_answer",
    "Answers to further questions as they stand now: one row a question, of several options one row each.",
    (
        Column("response_id", "f.id", "The answer it belongs to; see fact_response for its score."),
        PROGRAM,
        Column("version", "v.number", "Version of the program that asked; codes mean what they mean in it."),
        UNIT,
        CUSTOMER,
        employee("f.employee_id", "Who had served the customer; empty: nobody in particular."),
        Column("answered_on", local_day("f.answered_at", "u"), "Day of the score where the unit is."),
        Column("question", "asked.question ->> 'code'", "Code of the question."),
        Column("question_number", "asked.number", "Which further question it is in its version, from 1."),
        Column("kind", KIND, "effort, satisfaction, single, multi, text, first_heard or forward."),
        Column(
            "number",
            "CASE WHEN jsonb_typeof(each.value) = 'number' THEN (each.value #>> '{}')::int END",
            "Of effort 1 to 7, of satisfaction 1 to 5; empty for other kinds.",
        ),
        Column(
            "choice",
            f"CASE WHEN {KIND} NOT IN ('text', 'effort', 'satisfaction') THEN each.value #>> '{{}}' END",
            "Code of the option; of forward true or false. Words are not here.",
        ),
        Column("is_skipped", "each.value = 'null'", "It was asked and passed over."),
        Column("is_anonymous", f"starts_with(f.source, '{PUBLIC}')", "By a public link: nobody knows who."),
    ),
    f"{origin('surveys_response')} JOIN surveys_programversion v ON v.id = f.version_id {STANDING}"
    " WHERE f.further IS NOT NULL",
)
OF_TICKET = """JOIN closedloop_customersignal s ON s.id = f.origin_id
    LEFT JOIN closedloop_alertrule rule ON rule.id = f.rule_id
    LEFT JOIN closedloop_closure cl ON cl.ticket_id = f.id AND cl.reopened_at IS NULL
    LEFT JOIN LATERAL (
        SELECT count(*) AS number, min(a.made_at) AS first_at,
            min(a.made_at) FILTER (WHERE a.outcome = 'reached') AS reached_at
        FROM closedloop_contactattempt a WHERE a.ticket_id = f.id AND a.outcome NOT IN ('', 'cancelled')
    ) tried ON true"""
FACT_TICKET = View(
    "fact_ticket",
    "Customers to be called back, one row a ticket, as it stands now.",
    (
        Column("ticket_id", "f.id", "Key of the ticket."),
        Column("response_id", "s.response_id", "The answer that opened it, if one did."),
        Column("program_id", "s.program_id", "Survey program of that answer."),
        Column("rule", "rule.code", "Alert rule that opened it."),
        UNIT,
        CUSTOMER,
        employee("f.owner_id", "Who owns it; empty: nobody yet."),
        Column("score", "s.score", "Score that it began with."),
        Column("category", "nullif(s.category, '')", "Category of that score."),
        Column("opened_at", "f.opened_at", "When it was opened."),
        Column("opened_on", local_day("f.opened_at", "u"), "Day of that where the unit is."),
        Column("due_at", "f.due_at", "When the next contact is due."),
        Column("is_open", "f.is_open", "There is still something to do."),
        Column("attempts", "tried.number", "Tries to contact the customer."),
        Column("first_attempt_at", "tried.first_at", "When the first was made; empty: none yet."),
        Column("reached_at", "tried.reached_at", "When the customer was first reached; empty: not yet."),
        Column("closed_at", "cl.at", "When it was closed; empty: it is open."),
        Column("outcome", "cl.outcome", "resolved, unresolved, unreached or no_action; elsewhere: in another system."),
    ),
    " ".join([origin("closedloop_ticket"), OF_TICKET]),
)
FACT_TICKET_EVENT = View(
    "fact_ticket_event",
    "What was done to a ticket, one row a step. What was said and written is not here.",
    (
        Column("ticket_id", "f.ticket_id", "The ticket."),
        Column("kind", "f.kind", "opened, attempt, finding, action, handover, closure or reopening."),
        Column("at", "f.at", "When."),
        employee("e.id", "Who did it; empty: the machine, another system or somebody who is no employee."),
        Column("detail", "f.detail", "Outcome of an attempt or a closure, root cause of a finding."),
        Column("cost", "f.cost", "Of an action."),
        Column("currency", "f.currency", "ISO 4217, of the cost."),
    ),
    """FROM (
        SELECT id AS ticket_id, 'opened' AS kind, opened_at AS at, NULL::bigint AS by_id, NULL::text AS detail,
            NULL::numeric AS cost, NULL::text AS currency FROM closedloop_ticket
        UNION ALL SELECT ticket_id, 'attempt', made_at, by_id, outcome, NULL, NULL FROM closedloop_contactattempt
            WHERE outcome NOT IN ('', 'cancelled')
        UNION ALL SELECT g.ticket_id, 'finding', g.at, g.by_id, rc.code, NULL, NULL FROM closedloop_finding g
            LEFT JOIN closedloop_rootcause rc ON rc.id = g.root_cause_id
        UNION ALL SELECT ticket_id, 'action', at, by_id, NULL, cost, currency FROM closedloop_action
            WHERE done_at IS NOT NULL
        UNION ALL SELECT ticket_id, 'handover', at, by_id, NULL, NULL, NULL FROM closedloop_handover
            WHERE NOT opening
        UNION ALL SELECT ticket_id, 'closure', at, by_id, outcome, NULL, NULL FROM closedloop_closure
        UNION ALL SELECT ticket_id, 'reopening', reopened_at, reopened_by_id, NULL, NULL, NULL FROM closedloop_closure
            WHERE reopened_at IS NOT NULL
    ) f CROSS JOIN analytics_bikey k LEFT JOIN crm_employee e ON e.user_id = f.by_id""",
)
FACT_INTERACTION = View(
    "fact_interaction",
    "What happened between customers and us. Attributes are not here: they may be personal.",
    (
        Column("interaction_id", "f.id", "Key of the interaction."),
        Column("source", "f.source", "System that told it."),
        Column("kind", "kind.code", "Code of the kind of interaction."),
        UNIT,
        CUSTOMER,
        employee("f.employee_id", "Who served; empty: nobody in particular."),
        Column("product", "f.product", "Product; empty: none."),
        Column("channel", "f.channel", "How the customer met us."),
        Column("occurred_at", "f.occurred_at", "When it happened."),
        Column("occurred_on", local_day("f.occurred_at", "u"), "Day of that where the unit is."),
        Column("received_at", "f.received_at", "When we were told."),
    ),
    origin("crm_interaction") + " JOIN crm_interactionkind kind ON kind.id = f.kind_id",
)
FACT_FINANCIAL_PERIOD = View(
    "fact_financial_period",
    "What a customer brought in a stretch of days. Amounts of several currencies must not be added.",
    (
        Column("record_id", "f.id", "Key of the record."),
        Column("source", "f.source", "Whose books."),
        CUSTOMER,
        Column("unit_id", "c.unit_id", "Home unit of the customer as it is now."),
        Column("product", "f.product", "Product line; empty: all of them together."),
        Column("starts_on", "f.starts_on", "First day."),
        Column("ends_before", "f.ends_before", "First day that does not belong to it any more."),
        Column("currency", "f.currency", "ISO 4217."),
        Column("revenue", "f.revenue", "In that currency; empty: not told."),
        Column("margin", "f.margin", "In that currency; empty: not told."),
        Column("balance", "f.balance", "At the end of the stretch; empty: not told."),
        Column("share_of_wallet", "f.share_of_wallet", "0 to 1; empty: not told."),
    ),
    f"FROM crm_financialrecord f CROSS JOIN {KEYS} k JOIN crm_customer c ON c.id = f.customer_id",
)
FACTS = (
    FACT_INVITATION, FACT_RESPONSE, FACT_ANSWER, FACT_FURTHER_ANSWER, FACT_TICKET, FACT_TICKET_EVENT, FACT_INTERACTION,
    FACT_FINANCIAL_PERIOD,
)  # fmt: skip
