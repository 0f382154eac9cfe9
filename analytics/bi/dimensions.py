"""Who, where, what, when."""

from __future__ import annotations

from analytics.bi.shapes import Column, View, customer_of, employee_of

DIM_DATE = View(
    "dim_date",
    "One row a day from 2010 to 2039. Facts carry the day where their unit is.",
    (
        Column("day", "d::date", "The day."),
        Column("year", "extract(year FROM d)::int", "Calendar year."),
        Column("quarter", "extract(quarter FROM d)::int", "1 to 4."),
        Column("month", "extract(month FROM d)::int", "1 to 12."),
        Column("month_starts_on", "date_trunc('month', d)::date", "First day of the month."),
        Column("iso_year", "extract(isoyear FROM d)::int", "Year of the ISO 8601 week."),
        Column("iso_week", "extract(week FROM d)::int", "ISO 8601 week, 1 to 53."),
        Column("weekday", "extract(isodow FROM d)::int", "1 is Monday, 7 is Sunday."),
    ),
    "FROM generate_series(timestamp '2010-01-01', timestamp '2039-12-31', interval '1 day') AS d",
)
DIM_ORG = View(
    "dim_org",
    "Units as they are and as they stand today in the primary hierarchy (as-is).",
    (
        Column("unit_id", "u.id", "Key of the unit in all facts."),
        Column("source", "u.source", "System that knows the unit."),
        Column("external_id", "u.external_id", "The unit's id there."),
        Column("name", "u.name", "Name of the unit."),
        Column("kind", "u.kind", "head_office, region, branch, contact_center or team."),
        Column("zone", "u.zone", "IANA time zone; days of facts are days there."),
        Column("opened_on", "u.opened_on", "Day on which it opened, if known."),
        Column("closed_on", "u.closed_on", "Day on which it closed; empty: it is open."),
        Column("parent_id", "up.ancestor_id", "Unit directly above today; empty at the top."),
        Column("level", "place.level", "How many units stand above it today; empty: it stands nowhere."),
        Column("path", "place.path", "Names from the top down to it, separated by ' / '."),
    ),
    """FROM crm_orgunit u
    LEFT JOIN crm_hierarchy h ON h.is_primary
    LEFT JOIN crm_unitclosure up ON up.hierarchy_id = h.id AND up.descendant_id = u.id AND up.depth = 1
        AND up.valid @> current_date
    LEFT JOIN LATERAL (
        SELECT max(c.depth)::int AS level, string_agg(a.name, ' / ' ORDER BY c.depth DESC) AS path
        FROM crm_unitclosure c JOIN crm_orgunit a ON a.id = c.ancestor_id
        WHERE c.hierarchy_id = h.id AND c.descendant_id = u.id AND c.valid @> current_date
    ) place ON true""",
)
DIM_ORG_AS_WAS = View(
    "dim_org_as_was",
    "Which unit stood under which, and when (as-was): join a fact on unit_id and valid_from <= day < valid_to.",
    (
        Column("hierarchy", "h.code", "Code of the hierarchy; filter for one."),
        Column("is_primary", "h.is_primary", "The hierarchy that dim_org shows."),
        Column("unit_id", "c.descendant_id", "The unit."),
        Column("ancestor_id", "c.ancestor_id", "The unit itself (level 0) or one above it."),
        Column("level", "c.depth::int", "Steps from the ancestor down to the unit."),
        Column("valid_from", "lower(c.valid)", "First day on which it held; empty: since ever."),
        Column("valid_to", "upper(c.valid)", "First day on which it did not hold any more; empty: it holds."),
    ),
    "FROM crm_unitclosure c JOIN crm_hierarchy h ON h.id = c.hierarchy_id",
)
DIM_CUSTOMER = View(
    "dim_customer",
    "One row a person: merged rows are one. Pseudonymous: no name, no address and no id of another system.",
    (
        Column("customer_key", customer_of("c"), "Pseudonym, the same in all views and for merged rows."),
        Column("unit_id", "c.unit_id", "Home unit."),
        Column("segment", "c.segment", "Segment, as its source calls it."),
        Column("language", "c.language", "BCP 47; empty: unknown."),
        Column("is_erased", "c.erased_at IS NOT NULL", "The person's data were erased."),
        Column("joined_on", "r.joined_on", "Since when a customer, if told."),
        Column("left_on", "r.left_on", "Since when not any more; empty: still, or not told."),
    ),
    """FROM crm_customer c CROSS JOIN analytics_bikey k
    LEFT JOIN (
        SELECT coalesce(m.canonical_id, m.id) AS id, min(r.joined_on) AS joined_on,
            CASE WHEN bool_and(r.left_on IS NOT NULL) THEN max(r.left_on) END AS left_on
        FROM crm_relationship r JOIN crm_customer m ON m.id = r.customer_id GROUP BY 1
    ) r ON r.id = c.id
    WHERE c.canonical_id IS NULL""",
)
DIM_EMPLOYEE = View(
    "dim_employee",
    "One row an employee, pseudonymous, with the assignment of today.",
    (
        Column("employee_key", employee_of("e.id"), "Pseudonym, the same in all views."),
        Column("unit_id", "a.unit_id", "Unit of today's assignment; of several the first."),
        Column("role", "a.role", "Role of today's assignment."),
        Column("assigned_from", "lower(a.valid)", "First day of that assignment."),
        Column("left_on", "e.left_on", "Day on which the employee left; empty: works here."),
    ),
    """FROM crm_employee e CROSS JOIN analytics_bikey k
    LEFT JOIN LATERAL (
        SELECT a.unit_id, a.role, a.valid FROM crm_assignment a
        WHERE a.employee_id = e.id AND a.valid @> current_date AND upper_inf(a.recorded)
        ORDER BY a.id LIMIT 1
    ) a ON true""",
)
DIM_PROGRAM = View(
    "dim_program",
    "Survey programs, with the version in force.",
    (
        Column("program_id", "p.id", "Key of the program in all facts."),
        Column("code", "p.code", "Its code."),
        Column("name", "p.name", "Its name."),
        Column("kind", "p.kind", "transactional, relationship or collected (elsewhere)."),
        Column("is_active", "p.active", "It asks at present."),
        Column("version", "v.number", "Number of the version in force; empty: none was published."),
        Column("channel", "v.channel", "How that version asks."),
        Column("sampling_rate", "v.sampling_rate", "Share of the eligible that it asks, 0 to 1."),
        Column("published_at", "v.published_at", "Since when the version is in force."),
    ),
    """FROM surveys_program p
    LEFT JOIN LATERAL (
        SELECT v.number, v.channel, v.sampling_rate, v.published_at FROM surveys_programversion v
        WHERE v.program_id = p.id AND v.published_at IS NOT NULL ORDER BY v.number DESC LIMIT 1
    ) v ON true""",
)
DIMENSIONS = (DIM_DATE, DIM_ORG, DIM_ORG_AS_WAS, DIM_CUSTOMER, DIM_EMPLOYEE, DIM_PROGRAM)
