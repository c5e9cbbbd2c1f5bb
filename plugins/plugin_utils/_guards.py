# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of the roles failover and drill may do, before it does anything. Pure. PRIVATE to the collection.

An extra variable beats everything that a play or a role sets, facts and registered results included. So what a playbook promises is
compared with what is in effect, and names that the roles set themselves are refused as extra variables.
"""

from __future__ import annotations

# What the names of the playbooks promise.
PROMISES = {
    "failover": {"failover_mode": "unplanned", "failover_what": "failover"},
    "planned_failover": {"failover_mode": "planned", "failover_what": "planned_failover"},
    "failback": {"failover_mode": "planned", "failover_active_site": "source", "failover_what": "failback"},
    "reprotect": {"failover_what": "reprotect"},
}
# Names that the roles set; a test compares them with the task files.
INTERNAL = {
    "failover": (
        "failover_as", "failover_asked", "failover_checked", "failover_errors", "failover_file", "failover_found", "failover_group",
        "failover_groups", "failover_hook", "failover_hooks", "failover_instances", "failover_milestones", "failover_more", "failover_named",
        "failover_notes", "failover_now", "failover_obstacles", "failover_ordered", "failover_planned", "failover_playbook", "failover_position",
        "failover_readiness", "failover_record", "failover_record_path", "failover_remedy", "failover_reprotected", "failover_results",
        "failover_run", "failover_saved", "failover_scaled", "failover_scaling", "failover_scalings", "failover_shown", "failover_started", "failover_step",
        "failover_steps", "failover_stopped", "failover_stopped_other", "failover_stops", "failover_switched", "failover_there", "failover_unscaled",
        "failover_verified", "failover_vpc", "failover_wave", "failover_when",
    ),
    "drill": (
        "drill_all", "drill_available", "drill_became", "drill_before", "drill_checked", "drill_clean_up", "drill_created", "drill_deleted",
        "drill_ended", "drill_errors", "drill_everyone", "drill_fate", "drill_file", "drill_gone", "drill_group", "drill_instances",
        "drill_milestones", "drill_named", "drill_new", "drill_notes", "drill_now", "drill_obstacles", "drill_outcome", "drill_outcomes", "drill_own",
        "drill_own_vpc", "drill_passing", "drill_probed_since", "drill_probes", "drill_readiness", "drill_record", "drill_record_path",
        "drill_remains", "drill_removed", "drill_removed_record", "drill_result", "drill_results", "drill_run", "drill_runs", "drill_saved",
        "drill_seen", "drill_server", "drill_standing", "drill_status", "drill_target", "drill_there", "drill_tries", "drill_try",
        "drill_undrilled", "drill_unreached", "drill_verified", "drill_verify", "drill_vpc_fates", "drill_vpcs", "drill_why",
    ),
    "recovery": (
        "recovery_acknowledgement", "recovery_again", "recovery_answer", "recovery_as", "recovery_asked", "recovery_became", "recovery_begun",
        "recovery_brief", "recovery_by", "recovery_check", "recovery_cleaned", "recovery_deleted", "recovery_drilling", "recovery_eip",
        "recovery_ended", "recovery_errors", "recovery_failed", "recovery_file", "recovery_hook", "recovery_hook_file", "recovery_hook_why",
        "recovery_journal_path", "recovery_left", "recovery_loaded", "recovery_log", "recovery_made", "recovery_outcome", "recovery_outcomes",
        "recovery_over", "recovery_planned", "recovery_playbook", "recovery_question", "recovery_scaled", "recovery_scaling", "recovery_servers",
        "recovery_standing", "recovery_started", "recovery_state", "recovery_step", "recovery_stopped", "recovery_switched", "recovery_tier",
        "recovery_tried", "recovery_undone", "recovery_unscaled", "recovery_values", "recovery_vpc", "recovery_when",
    ),
    "report": (
        "report_circumstances", "report_content", "report_lost", "report_paths", "report_problems", "report_rpo", "report_run", "report_stem",
        "report_wanted", "report_where", "report_written",
    ),
}


def overridden(extra, *roles):
    """What is wrong with the names of the extra variables, as sentences."""
    wrong = sorted(set(extra) & {name for role in roles for name in INTERNAL[role]})
    return ["%s is set by the collection itself and must not be given as an extra variable" % name for name in wrong]


def broken_promises(asked):
    """What contradicts the playbook that runs the role, as sentences.

    :param asked: ``playbook``, empty where the role is used without one, and what is in effect of the variables of PROMISES
    """
    playbook = asked.get("playbook")
    if not playbook:
        return []
    if playbook not in PROMISES:
        return ["%r is no playbook of this collection that switches" % (playbook,)]
    return [
        "playbook %s needs %s: %s, but it is %r, from an extra variable or a fact; leave it out, or run another playbook" % (
            playbook, name, value, asked.get(name))
        for name, value in PROMISES[playbook].items() if asked.get(name) != value
    ]


def named(option, value):
    """What an option names that confirms something.

    :param value: a name, names separated by commas, or a list of names; empty if nothing is confirmed
    :raises ValueError: it is something else; what that means is not guessed
    """
    if value is None or value == "":
        return set()
    entries = value.split(",") if isinstance(value, str) else value
    if not isinstance(entries, list):
        raise ValueError("%s is %s; it must be a name, names separated by commas, or a list of names" % (option, _type(entries)))
    for entry in entries:
        if not isinstance(entry, str):
            raise ValueError("%s holds %s (%s); every entry must be a name%s" % (
                option, _type(entry), entry, ", in quotes" if type(entry) in (int, float) else ""))
        if not entry.strip():
            raise ValueError("%s holds an empty name" % option)
        if len(entry.split()) > 1:
            raise ValueError("%s holds %r; names have no spaces and are separated by commas" % (option, entry))
    return {entry.strip() for entry in entries}


def _type(value):
    names = {bool: "true or false", int: "a number", float: "a number", dict: "a mapping", list: "a list"}
    return names.get(type(value), "a " + type(value).__name__)


def unconfirmed(confirm, groups):
    """The protection groups that nobody has confirmed by naming them.

    :param groups: ``{host: protection group, or None where it bears the host's name}``
    """
    return sorted({str(group or host) for host, group in groups.items()} - named("failover_confirm", confirm))


def switch_problems(confirm, groups, asked, extra=()):
    """Why a run must not switch, as sentences. In check mode nothing has to be confirmed.

    :param asked: see ``broken_promises``; and ``check_mode``
    :param extra: names of the extra variables
    """
    problems = overridden(extra, "failover", "report") + broken_promises(asked)
    try:
        left = unconfirmed(confirm, groups) if asked.get("check_mode") is not True else []
    except ValueError as error:
        return [*problems, str(error)]
    if left:
        problems.append(
            "not confirmed %s %s; name every protection group that this run may switch, for instance -e failover_confirm=%s"
            % ("is" if len(left) == 1 else "are", ", ".join(left), ",".join(left))
        )
    return problems


def permitted(group, confirm, name, asked, extra=()):
    """The ID of a group that this very task may switch or stop, whatever of the run before it was skipped.

    :param name: what the user calls the group
    :raises ValueError: it may not
    """
    problems = switch_problems(confirm, {name: name}, asked, extra)
    if not (group or {}).get("id"):
        problems.append("the protection group was not read; tasks of the role were skipped")
    if problems:
        raise ValueError("Nothing was sent: %s." % "; ".join(problems))
    return group["id"]


def drill_problems(replace, extra=()):
    """Why a drill must not begin, as sentences.

    :param replace: ``drill_replace``
    """
    problems = overridden(extra, "drill", "report")
    try:
        named("drill_replace", replace)
    except ValueError as error:
        problems.append(str(error))
    return problems
