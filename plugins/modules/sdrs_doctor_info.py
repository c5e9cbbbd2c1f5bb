#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_doctor_info
short_description: Check the connection to the cloud
version_added: 1.0.0
description:
  - Checks everything between this machine and the service, and suggests a remedy for each fault. The playbook C(cloud_dr.sdrs.doctor)
    shows the findings as a table.
  - Changes nothing. Sends GET requests, and the one POST that obtains a token; a rejected signature or password is sent only once, as
    five rejected signatures lock a key.
  - Wrong or missing options are findings, not failures, so the task succeeds even if nothing else works. Check RV(healthy).
  - The token cache is not used, so that the password is really tested.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes.info
options: {}
"""

EXAMPLES = r"""
- name: Examine the connection
  cloud_dr.sdrs.sdrs_doctor_info:
  register: doctor

- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ item.check }}: {{ item.detail }} {{ item.remedy }}"
  loop: "{{ doctor.checks | rejectattr('passed') | rejectattr('skipped') }}"
"""

RETURN = r"""
healthy:
  description: Whether every check of severity V(error) passed.
  returned: success
  type: bool
  sample: true
checks:
  description:
    - The findings, in the order in which one fault hides the next. They never contain values of credentials.
  returned: success
  type: list
  elements: dict
  contains:
    check:
      description:
        - The name of the check, one of V(credentials), V(settings), V(clock), V(name_resolution), V(proxy), V(tls), V(login), V(account),
          V(project), V(region), V(catalogue), V(endpoint_sdrs) and so on for V(iam), V(ecs), V(evs), V(vpc) and V(as), V(read_sdrs) and so on,
          V(write), V(api_version), V(domains), V(quotas), V(batch), V(rpo_statistics), V(server_groups), V(replications), V(vpc_quota),
          V(token_cache), V(locks) and V(versions).
      returned: always
      type: str
    passed:
      description: Whether the check passed. Also false for a check that could not be made.
      returned: always
      type: bool
    severity:
      description: V(error) if the collection cannot work with this fault, V(advisory) otherwise.
      returned: always
      type: str
    detail:
      description: What was found.
      returned: always
      type: str
    remedy:
      description: What to do; empty if the check passed.
      returned: always
      type: str
    skipped:
      description: Whether the check could not be made, because the check that RV(checks[].detail) names did not pass.
      returned: always
      type: bool
  sample:
    - check: credentials
      passed: true
      severity: error
      detail: "access keys: access_key from HW_ACCESS_KEY, secret_key from HW_SECRET_KEY"
      remedy: ""
      skipped: false
error:
  description: Message and details of the failure, if no checks could be made at all.
  returned: failure
  type: dict
  sample: {message: "unexpected ValueError at doctor.py:1", retryable: false}
"""

from ..module_utils._module.argument_spec import Spec
from ..module_utils._module.host import run_module
from ..module_utils._doctor import doctor
from ..module_utils._engine.declaration import Diagnosis

SPEC = Spec({})
DECLARATION = Diagnosis(doctor.examine)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
