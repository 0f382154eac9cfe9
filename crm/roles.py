"""Which role gives which function (Django permission). Pure; no Django.

`SUBTREE_ROLES` see the whole subtree of the unit they are assigned to; an `employee` sees only what is their own.
"""

from __future__ import annotations

SUBTREE_ROLES = frozenset({"office", "analyst", "executive", "region", "branch", "auditor"})

_READ = frozenset(
    {
        "crm.view_orgunit",
        "crm.view_employee",
        "crm.view_customer",
        "crm.view_card",
        "crm.view_account",
        "crm.view_interaction",
        "crm.view_financialrecord",
        "crm.view_relationship",
        "crm.view_acquisition",
        "crm.view_offer",
        "crm.view_customeroffer",
        "crm.view_offeroutcome",
        "surveys.view_response",
        "closedloop.view_ticket",
        "closedloop.view_alert",
        "closedloop.view_customersignal",
        "closedloop.view_escalation",
        "closedloop.view_elevation",
        "closedloop.view_initiative",
        "analytics.view_scores",
        "analytics.view_worth",
        "distribution.view_digest",
        "distribution.view_entry",
        "distribution.view_policynotice",
        "distribution.view_talk",  # those with oneself; whoever leads sees theirs by add_talk
        "distribution.view_commitment",
        "distribution.view_huddle",
        "common.view_export",
    }
)
_LEAD = frozenset(
    {
        "distribution.view_thanks",
        "distribution.add_thanks",
        "distribution.add_talk",  # with those whom one leads: crm.sight.led_nearby
    }
)
_WORK = frozenset(
    {
        "closedloop.change_ticket",
        "closedloop.add_elevation",
        "crm.view_absence",
        "crm.add_absence",
        "crm.change_absence",
        "crm.delete_absence",
        "crm.view_employeeskill",
        "crm.add_employeeskill",
        "crm.change_employeeskill",
        "crm.delete_employeeskill",
        "crm.view_contactpoint",  # who calls sees whole addresses
        "crm.add_offeroutcome",
        "surveys.view_turn",
        "surveys.add_turn",  # asking by hand
        "distribution.add_entry",  # tells a story
        "distribution.change_huddle",
        "distribution.change_huddleseries",
    }
)
_PUBLISH = frozenset({"distribution.change_entry"})  # what others of one's units told
_STEER = frozenset(
    {
        "closedloop.change_elevation",  # takes them up, or sets them aside
        "closedloop.add_initiative",
        "closedloop.change_initiative",  # owner, budget, states, stages
        "analytics.dismiss_pattern",
        "distribution.add_policynotice",
        "distribution.change_policynotice",
    }
)
_ASK = frozenset(
    {
        "surveys.view_program",
        "surveys.view_readiness",
        "surveys.view_triggerhealth",
        "surveys.view_decision",
        "surveys.view_turn",
        "surveys.view_triggerrun",
        "surveys.view_invitation",
        "surveys.view_message",
        "surveys.view_inboundmail",
        "surveys.view_brake",
        "surveys.view_publiclink",
        "analytics.view_launch",
        "closedloop.view_recoverystudy",
        "closedloop.view_recoverydraw",  # who is held out: whoever works in a branch could call them all the same
    }
)
_CONFIGURE = frozenset(
    {
        "surveys.add_program",
        "surveys.change_program",
        "surveys.add_programversion",
        "surveys.change_programversion",
        "surveys.change_message",
        "surveys.change_inboundmail",
        "surveys.change_brake",
        "surveys.add_publiclink",
        "surveys.change_publiclink",
        "surveys.view_programversion",
        "surveys.view_rehearsal",
        "surveys.add_rehearsal",
        "closedloop.view_alertrule",
        "closedloop.add_alertrule",
        "closedloop.change_alertrule",
        "closedloop.add_recoverystudy",
        "closedloop.change_recoverystudy",
        "closedloop.change_recoverydraw",
        "closedloop.view_servicepolicy",
        "closedloop.add_servicepolicy",
        "closedloop.change_servicepolicy",
        "closedloop.view_servicetarget",
        "closedloop.add_servicetarget",
        "closedloop.change_servicetarget",
        "closedloop.delete_servicetarget",
        "closedloop.view_escalationstep",
        "closedloop.add_escalationstep",
        "closedloop.change_escalationstep",
        "closedloop.delete_escalationstep",
        "closedloop.view_priorityband",
        "closedloop.add_priorityband",
        "closedloop.change_priorityband",
        "closedloop.view_routingrule",
        "closedloop.add_routingrule",
        "closedloop.change_routingrule",
        "closedloop.view_rootcause",
        "closedloop.add_rootcause",
        "closedloop.change_rootcause",
        "closedloop.delete_rootcause",
        "closedloop.view_actionkind",
        "closedloop.add_actionkind",
        "closedloop.change_actionkind",
        "closedloop.view_authoritylimit",
        "closedloop.add_authoritylimit",
        "closedloop.change_authoritylimit",
        "closedloop.delete_authoritylimit",
        "closedloop.view_causeedition",
        "closedloop.add_causeedition",
        "closedloop.change_causeedition",
        "closedloop.delete_causeedition",
        "closedloop.view_secondcoding",
        "closedloop.change_secondcoding",
        "crm.view_consent",
        "crm.view_consentword",
        "crm.add_consentword",
        "crm.change_consent",
        "crm.view_suppression",
        "crm.add_suppression",
        "crm.lift_suppression",
        "crm.view_liftedsuppression",
        "crm.view_hold",
        "crm.add_hold",
        "crm.change_hold",
        "crm.add_offer",
        "crm.change_offer",
        "crm.view_profiledetail",
        "crm.add_profiledetail",
        "crm.change_profiledetail",
        "crm.add_contactpoint",
        "crm.change_contactpoint",
        "crm.view_duplicatecandidate",
        "crm.add_duplicatecandidate",
        "crm.change_duplicatecandidate",
        "crm.view_merge",
        "crm.add_merge",
        "crm.change_merge",
        "surveys.load_responses",
        "analytics.change_fillstate",
        "analytics.view_goal",
        "analytics.add_goal",
        "analytics.change_goal",
        "analytics.add_launch",
        "analytics.change_launch",
        "analytics.delete_launch",
        "distribution.view_news",
        "distribution.add_news",
        "distribution.change_news",
        "distribution.change_dispatch",
        "distribution.view_webhookendpoint",
        "distribution.add_webhookendpoint",
        "distribution.change_webhookendpoint",
        "distribution.view_webhookdelivery",
        "distribution.change_webhookdelivery",
    }
)
_TOPICS = frozenset(
    {
        "surveys.view_topic",
        "surveys.add_topic",
        "surveys.change_topic",
        "surveys.change_passagetopic",  # says by hand what is in somebody's words
    }
)
_ORGANIZE = frozenset(
    {
        "crm.add_orgunit",
        "crm.change_orgunit",
        "crm.view_hierarchy",
        "crm.add_hierarchy",
        "crm.change_hierarchy",
        "crm.view_reorganization",
        "crm.add_reorganization",
        "crm.change_reorganization",
        "crm.apply_reorganization",
        "crm.view_placement",
        "crm.add_placement",
        "crm.change_employee",
        "crm.view_skill",
        "crm.add_skill",
        "crm.change_skill",
        "crm.view_assignment",
        "crm.add_assignment",
        "crm.view_businesscalendar",
        "crm.add_businesscalendar",
        "crm.change_businesscalendar",
        "crm.view_interactionkind",
        "crm.add_interactionkind",
        "crm.change_interactionkind",
        "crm.add_source",
        "crm.change_source",
        "crm.view_upload",
        "crm.add_upload",
        "crm.change_upload",
        "crm.add_feed",
        "crm.change_feed",
        "crm.view_apikey",
        "crm.add_apikey",
        "crm.change_apikey",
    }
)
_TRAIL = frozenset(
    {
        "common.view_event",
        "common.view_load",
        "crm.view_source",
        "crm.view_feed",
        "crm.view_merge",
        "crm.view_consentword",
        "crm.view_consent",
        "crm.view_hold",
        "distribution.view_dispatch",
        "analytics.view_fillstate",
    }
)

FUNCTIONS: dict[str, frozenset[str]] = {
    "office": _READ
    | _WORK
    | _PUBLISH
    | _LEAD
    | _STEER
    | _ASK
    | _CONFIGURE
    | _ORGANIZE
    | _TRAIL
    | _TOPICS
    | {"surveys.view_raw_words", "distribution.feature_entry"},
    "analyst": _READ | _ASK | _TOPICS | {"closedloop.add_elevation", "distribution.add_entry"},
    "executive": _READ | {"distribution.add_entry"},
    "region": _READ | _WORK | _LEAD | _PUBLISH | _STEER,
    "branch": _READ | _WORK | _LEAD | _PUBLISH,
    "employee": frozenset(
        {
            "surveys.view_response",
            "closedloop.view_ticket",
            "closedloop.change_ticket",
            "closedloop.add_elevation",
            "closedloop.view_elevation",
            "closedloop.view_initiative",
            "common.view_export",
            "crm.view_card",
            "surveys.add_turn",
            "crm.add_offeroutcome",
            "distribution.view_entry",
            "distribution.add_entry",
            "distribution.view_policynotice",
            "distribution.view_thanks",
            "distribution.view_talk",
            "distribution.view_commitment",
            "distribution.view_huddle",  # of the team they work in
            "distribution.change_huddle",
        }
    ),
    "auditor": _READ
    | _ASK
    | _TRAIL
    | {
        "surveys.view_programversion",
        "closedloop.view_alertrule",
        "distribution.view_webhookendpoint",
        "distribution.view_webhookdelivery",
    },
}


def roles_with(function: str) -> frozenset[str]:
    """Roles that give `function`."""
    return frozenset(role for role, functions in FUNCTIONS.items() if function in functions)
