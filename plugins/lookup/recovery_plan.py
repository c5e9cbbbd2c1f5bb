# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: recovery_plan
short_description: Read and validate a recovery plan
version_added: 1.0.0
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
description:
  - Reads a recovery plan, and returns the problems of the plan and of the task files that it names, including files that these include. A file
    must parse, its modules must exist, and its variables must be defined.
  - The keys are described by C(docs/recovery_plan.schema.json). Values in a plan are never templated.
options:
  _terms:
    description: Paths of plans, or plans as mappings. A relative path starts at the folder in which C(ansible-playbook) was run.
    type: list
    elements: raw
    required: true
  operation:
    description: The operation for which the plan is read. V(drill) also checks whether files around the switch would change production.
    type: str
    default: ""
  active_site:
    description: The site that should be production, whose variables the hooks receive. Without O(operation), those of all sites count as defined.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Examine a plan, for instance in a pipeline
  ansible.builtin.assert:
    that: plan.problems | length == 0
    fail_msg: "{{ plan.problems | join('; ') }}"
  vars:
    plan: "{{ lookup('cloud_dr.sdrs.recovery_plan', 'recovery/site.yml') }}"
"""

RETURN = r"""
_raw:
  description: The plan as C(document), its problems as C(problems), the C(sha256) of its file, and the hosts whose connection is not
    local as C(remote).
  type: list
  elements: dict
"""

import hashlib
import json

from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.lookup import LookupBase
from ansible.utils.unsafe_proxy import wrap_var

from ..module_utils._cloud.errors import one_line
from ..module_utils._recovery import document as _recovery_document
from ..module_utils._cloud.text import without_reserved
from ..plugin_utils._filters import plain
from ..plugin_utils._paths import user_path
from ..plugin_utils._recovery_lint import lint
from ..plugin_utils._roles.evidence import hook_look, task_file_problem


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        about = self.get_option("operation"), self.get_option("active_site")
        return wrap_var([without_reserved(_examined(term, variables or {}, *about)) for term in terms])


def _examined(term, variables, operation, site):
    name = "recovery_plan" if isinstance(term, dict) else term
    try:
        document, digest = _read(term)
    except (AnsibleError, OSError, ValueError, TypeError, RecursionError) as error:
        return {"document": {}, "problems": [one_line("%s cannot be read: %s" % (name, error))], "sha256": None}
    found = _recovery_document.problems(document)
    if found:
        return {"document": {}, "problems": ["%s: %s" % (name, problem) for problem in map(one_line, found)], "sha256": digest}
    remote = _remote(variables)
    problems = lint(document, task_file_problem, user_path, variables, operation, site)
    # Of a file that cannot be run this says nothing new.
    problems += [] if problems else [each for _where, file in _recovery_document.files(document) for each in hook_look(file, remote)["problems"]]
    return {"document": document, "problems": list(dict.fromkeys(problems)), "sha256": digest, "remote": remote}


def _remote(variables):
    """Hosts that may be unreachable, to which tasks of hooks may be delegated."""
    hostvars = variables.get("hostvars") or {}
    return [str(host) for host in (variables.get("groups") or {}).get("all") or []
            if str(hostvars[host].get("ansible_connection", "local")) not in ("local", "ansible.builtin.local")]


def _read(term):
    """A plan, and the SHA-256 of its file, or of the mapping as JSON."""
    if isinstance(term, dict):
        document = plain(term)
        text = json.dumps(document, sort_keys=True).encode()
    else:
        path = user_path(term)
        with open(path, "rb") as stream:
            text = stream.read()
        document = plain(DataLoader().load_from_file(path))
    return document, hashlib.sha256(text).hexdigest()
