# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of the roles failover, recover_by_drill and drill may do, before it does anything. Pure. PRIVATE to the collection.

An extra variable beats everything that a play or a role sets, facts and registered results included. So what a playbook promises is
compared with what is in effect, and names that the roles set themselves are refused as extra variables.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import Any

# What the names of the playbooks promise.
PROMISES = {
    "failover": {"failover_mode": "unplanned", "failover_what": "failover"},
    "planned_failover": {"failover_mode": "planned", "failover_what": "planned_failover"},
    "failback": {"failover_mode": "planned", "failover_active_site": "source", "failover_what": "failback"},
    "reprotect": {"failover_what": "reprotect"},
}
# How much alike two names must be for one to be the other, misspelled.
_NEAR = 0.85
# Names that the roles set; a test compares them with the task files.
INTERNAL = {
    "failover": (
        "failover_as", "failover_asked", "failover_before", "failover_came_to", "failover_checked", "failover_down", "failover_ending",
        "failover_endings", "failover_failed", "failover_groups", "failover_hook", "failover_hook_look", "failover_instances", "failover_journal",
        "failover_looked", "failover_named", "failover_part", "failover_planned", "failover_playbook", "failover_readiness", "failover_record_path",
        "failover_refusal", "failover_remote", "failover_reprotected", "failover_run", "failover_scaling", "failover_scalings", "failover_shown",
        "failover_started", "failover_stopped", "failover_stopped_other", "failover_switched", "failover_unreached", "failover_up",
        "failover_verified", "failover_vpc", "failover_wanted", "failover_wave", "failover_when", "failover_written",
    ),
    "drill": (
        "drill_about", "drill_all", "drill_asked", "drill_before", "drill_begun", "drill_came_to", "drill_cause", "drill_checked", "drill_created",
        "drill_deleted", "drill_ended", "drill_ending", "drill_endings", "drill_everyone", "drill_failed", "drill_failure", "drill_fate", "drill_fresh",
        "drill_gone", "drill_group", "drill_hosts", "drill_instances", "drill_journal", "drill_judged", "drill_judgement", "drill_known", "drill_marks",
        "drill_named", "drill_names", "drill_needed", "drill_never_drilled", "drill_new", "drill_now", "drill_obstacles", "drill_open", "drill_outcome",
        "drill_outcomes", "drill_own", "drill_own_vpc", "drill_part", "drill_passing", "drill_probed_since", "drill_probes", "drill_readers",
        "drill_readiness", "drill_record", "drill_record_path", "drill_refusal", "drill_registered", "drill_remains", "drill_removed", "drill_removed_record",
        "drill_run", "drill_runs", "drill_saved", "drill_server", "drill_shown", "drill_standing", "drill_status", "drill_target", "drill_there",
        "drill_there_are", "drill_tries", "drill_try", "drill_undrilled", "drill_unreached", "drill_verified", "drill_verify", "drill_vpc_fates",
        "drill_vpcs", "drill_why", "drill_written", "drill_wrong",
    ),
    "recover_by_drill": (
        "recover_by_drill_about", "recover_by_drill_asked", "recover_by_drill_came_to", "recover_by_drill_created", "recover_by_drill_drills",
        "recover_by_drill_eip", "recover_by_drill_ending", "recover_by_drill_endings", "recover_by_drill_failed", "recover_by_drill_found",
        "recover_by_drill_groups", "recover_by_drill_journal", "recover_by_drill_looked", "recover_by_drill_made", "recover_by_drill_named",
        "recover_by_drill_readiness", "recover_by_drill_record_path", "recover_by_drill_refusal", "recover_by_drill_remote", "recover_by_drill_result",
        "recover_by_drill_shown", "recover_by_drill_started", "recover_by_drill_step", "recover_by_drill_there", "recover_by_drill_wanted",
        "recover_by_drill_wave", "recover_by_drill_where", "recover_by_drill_written",
    ),
    "recovery": (
        "recovery_about", "recovery_acknowledgement", "recovery_again", "recovery_answer", "recovery_as", "recovery_asked", "recovery_became", "recovery_begun",
        "recovery_brief", "recovery_by", "recovery_came_to", "recovery_check", "recovery_cleaned", "recovery_deleted", "recovery_drilling", "recovery_eip",
        "recovery_ended", "recovery_ends", "recovery_errors", "recovery_failed", "recovery_failure", "recovery_file", "recovery_hook", "recovery_hook_file",
        "recovery_hook_why",
        "recovery_journal_path", "recovery_left", "recovery_loaded", "recovery_log", "recovery_made", "recovery_outcome", "recovery_outcomes",
        "recovery_over", "recovery_planned", "recovery_playbook", "recovery_question", "recovery_scaled", "recovery_scaling", "recovery_servers",
        "recovery_standing", "recovery_started", "recovery_state", "recovery_step", "recovery_stopped", "recovery_switched", "recovery_tier",
        "recovery_tried", "recovery_undone", "recovery_unscaled", "recovery_variable", "recovery_variables", "recovery_vpc", "recovery_ways", "recovery_when",
        "recovery_hook_look", "recovery_shown", "recovery_unreached",
    ),
    "topology": (
        "topology_about", "topology_all", "topology_applied", "topology_asked", "topology_asks", "topology_came_to", "topology_ending", "topology_endings",
        "topology_export_group", "topology_export_named", "topology_export_path", "topology_exported", "topology_found", "topology_kept",
        "topology_looked", "topology_marks", "topology_mine", "topology_misspelled", "topology_names", "topology_path", "topology_plan",
        "topology_plan_head", "topology_plan_paths", "topology_plan_stem", "topology_plan_time", "topology_planned", "topology_readers", "topology_result",
        "topology_seen", "topology_shown", "topology_wanted", "topology_written",
    ),
    "posture": (
        "posture_about", "posture_documents", "posture_ending", "posture_failure", "posture_judged", "posture_judging", "posture_names", "posture_read",
        "posture_stem", "posture_written",
        "posture_shown",
    ),
    "report": (
        "report_circumstances", "report_content", "report_drawn", "report_lost", "report_paths", "report_problems", "report_rpo", "report_run",
        "report_stem", "report_wanted", "report_written",
    ),
}


def overridden(extra: Iterable[str], *roles: str) -> list[str]:
    """Problems with the names of the extra variables, as sentences."""
    wrong = sorted(set(extra) & {name for role in roles for name in INTERNAL[role]})
    return ["%s is set by the collection itself and must not be set as an extra variable" % name for name in wrong]


def misspelled(names: Iterable[str], known: Iterable[str], *roles: str) -> list[str]:
    """Variables that look like misspelled options, as sentences with the probable name.

    :param names: of the variables that are set and begin as a role's do
    :param known: the options of the roles
    """
    known = set(known)
    found = []
    for name in sorted(set(names) - known - {name for role in INTERNAL for name in INTERNAL[role]}):
        near = difflib.get_close_matches(name, sorted(option for option in known if option.split("_")[0] == name.split("_")[0]), 1, _NEAR)
        if near:
            found.append("%s is not a variable of this collection; did you mean %s?" % (name, near[0]))
    return found


def target_problems(play: dict, kinds: list, matched: list[str], sources: list, folders: Iterable[str] = ()) -> list[str]:
    """What is wrong with the hosts of a run, as sentences.

    :param play: ``hosts``, and the ``pattern`` that they should match
    :param kinds: ``sdrs_kind`` of each host
    :param matched: the hosts that match the pattern
    :param sources: the inventories; a list of names is one that has a comma
    :param folders: files of host variables that such a list of names leaves unread
    """
    problems = []
    wrong = [host for host, kind in zip(play["hosts"], kinds) if kind != "server_group"]
    if wrong:
        problems.append("These hosts are not protection groups (sdrs_kind): %s. Use an inventory with hosts: server_groups." % ", ".join(wrong))
    if set(play["hosts"]) - set(matched):
        problems.append("sdrs_hosts is '%s' in the inventory, but the play has the hosts %s. Give sdrs_hosts with -e." % (
            play["pattern"], ", ".join(play["hosts"])))
    if folders and sources and all("," in str(source) for source in sources):
        problems.append("%s would not be read, because the inventory is only a list of names: use -i inventory.yml --limit %s." % (
            ", ".join(folders), ",".join(play["hosts"])))
    return problems


def broken_promises(asked: dict) -> list[str]:
    """What contradicts the playbook that runs the role, as sentences.

    :param asked: ``playbook``, empty where the role is used without one, and what is in effect of the variables of PROMISES
    """
    playbook = asked.get("playbook")
    if not playbook:
        return []
    if playbook not in PROMISES:
        return ["%r is not a playbook of this collection that switches production" % (playbook,)]
    return [
        "playbook %s needs %s: %s, but it is %r, from an extra variable or a fact; leave it out, or run another playbook" % (
            playbook, name, value, asked.get(name))
        for name, value in PROMISES[playbook].items() if asked.get(name) != value
    ]


def named(option: str, value: object) -> set[str]:
    """What an option names that confirms something.

    :param value: a name, names separated by commas, or a list of names; empty if nothing is confirmed
    :raises ValueError: it is something else; its meaning is not guessed
    """
    if value is None or value == "":
        return set()
    entries = value.split(",") if isinstance(value, str) else value
    if not isinstance(entries, list):
        raise ValueError("%s is %s; it must be a name, names separated by commas, or a list of names" % (option, _type(entries)))
    for entry in entries:
        if not isinstance(entry, str):
            raise ValueError("%s contains %s (%s); every entry must be a name%s" % (
                option, _type(entry), entry, ", in quotes" if type(entry) in (int, float) else ""))
        if not entry.strip():
            raise ValueError("%s contains an empty name" % option)
        if len(entry.split()) > 1:
            raise ValueError("%s contains %r; names have no spaces and are separated by commas" % (option, entry))
    return {entry.strip() for entry in entries}


def _type(value: object) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", dict: "a mapping", list: "a list"}
    return names.get(type(value), "a " + type(value).__name__)


def unconfirmed(confirm: object, groups: dict, option: str = "failover_confirm") -> list[str]:
    """The protection groups that are not confirmed by name.

    :param groups: ``{host: protection group, or None where it bears the host's name}``
    :param option: what ``confirm`` was given by
    """
    return sorted({str(group or host) for host, group in groups.items()} - named(option, confirm))


def switch_problems(confirm: object, groups: dict, asked: dict, extra: Iterable[str] = ()) -> list[str]:
    """Why a run must not switch, as sentences. In check mode nothing has to be confirmed.

    :param asked: see ``broken_promises``; and ``check_mode``
    :param extra: names of the extra variables
    """
    return overridden(extra, "failover", "report") + broken_promises(asked) + _unconfirmed(confirm, groups, asked, "failover_confirm", "switch")


def recovery_problems(confirm: object, groups: dict, asked: dict, extra: Iterable[str] = ()) -> list[str]:
    """Why a run must not recover groups by drills, as sentences; like ``switch_problems``, with a confirmation of its own."""
    found = overridden(extra, "recover_by_drill", "failover", "drill", "report")
    return found + _unconfirmed(confirm, groups, asked, "recover_by_drill_confirm", "recover")


def _unconfirmed(confirm: object, groups: dict, asked: dict, option: str, verb: str) -> list[str]:
    try:
        left = unconfirmed(confirm, groups, option) if asked.get("check_mode") is not True else []
    except ValueError as error:
        return [str(error)]
    return [_narrowly(left, groups, confirm, option, verb)] if left else []


def _narrowly(left: list[str], groups: dict, confirm: object, option: str, verb: str) -> str:
    """Who is not confirmed, and the narrowest way to go on: never the suggestion to switch all that the pattern happens to match."""
    sure = sorted(named(option, confirm))
    hosts = [host for host, group in groups.items() if str(group or host) in sure]
    strange = sorted(set(sure) - {str(group or host) for host, group in groups.items()})
    text = "not confirmed: %s" % ", ".join(left)
    if strange:
        text += "; confirmed, but not in this run: %s" % ", ".join(strange)
    if hosts:
        return text + "; to %s only what is confirmed, add --limit %s" % (verb, ",".join(hosts))
    if len(groups) == 1:
        return text + "; to confirm it, add -e %s=%s" % (option, left[0])
    return text + "; to %s one of them, add --limit and -e %s with its name, as for %s" % (verb, option, left[0])


def permitted(
    group: dict | None, confirm: object, name: str, asked: dict, extra: Iterable[str] = (), problems_of: Callable[..., list[str]] = switch_problems,
) -> str:
    """The ID of a group that this very task may switch, stop or recover, whatever of the run before it was skipped.

    :param name: what the user calls the group
    :param problems_of: ``switch_problems`` or ``recovery_problems``
    :raises ValueError: it may not
    """
    problems = problems_of(confirm, {name: name}, asked, extra)
    group_id: Any = (group or {}).get("id")
    if not group_id:
        problems.append("the protection group was not read, because tasks of the role were skipped")
    if problems:
        raise ValueError("Nothing was sent: %s." % "; ".join(problems))
    return group_id


def drill_problems(replace: object, extra: Iterable[str] = ()) -> list[str]:
    """Why a drill must not begin, as sentences.

    :param replace: ``drill_replace``
    """
    problems = overridden(extra, "drill", "report")
    try:
        named("drill_replace", replace)
    except ValueError as error:
        problems.append(str(error))
    return problems
