# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: sdrs
short_description: Protection groups or protected instances as hosts
version_added: 1.0.0
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
description:
  - Creates hosts from protection groups, on which the playbooks of this collection run, or from protected instances, with the address of
    the current production server and facts of both sites and of drills.
  - The file must be named C(sdrs.yml), or its name must end in C(.sdrs.yml). The ending C(.yaml) is accepted as well.
  - Every host has C(sdrs_kind), V(server_group) or V(protected_instance). Hosts are in groups C(sdrs_status_<status>) and
    C(sdrs_site_<source or target>), instances also in C(sdrs_group_<protection group>) and C(sdrs_tag_<key>_<value>).
  - A host has the name of its object, or its ID if the name contains unusual characters, is not unique, or has another meaning in an inventory.
    Values that become names of groups are converted to valid identifiers. Values are text, and never evaluated as templates.
  - Sends one list request for each type of object, regardless of their number. Options may be templates.
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [cloud_dr.sdrs.sdrs]
  hosts:
    description: The objects that become hosts.
    type: str
    choices: [server_groups, protected_instances]
    default: server_groups
  server_groups:
    description: Only these protection groups, by name or ID.
    type: list
    elements: str
"""

EXAMPLES = r"""
# sdrs.yml: one host for each protection group, for the playbooks of this collection. Credentials come from the environment.
plugin: cloud_dr.sdrs.sdrs
region: eu-de

# servers.sdrs.yml, another file: the protected servers, wherever production is now
# plugin: cloud_dr.sdrs.sdrs
# region: eu-de
# hosts: protected_instances
# cache: true
# cache_plugin: ansible.builtin.jsonfile
# cache_timeout: 600
# keyed_groups:
#   - key: sdrs_production_server.flavor
#     prefix: flavor
# compose:
#   ansible_user: "'root'"
"""

import hashlib
import json

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ..module_utils._cloud.api import Api
from ..module_utils._module.argument_spec import CONNECTION
from ..module_utils._cloud.client import Client
from ..module_utils._cloud.clouds_yaml import MissingYaml
from ..module_utils._cloud.errors import LONGEST_WARNING, SdrsError, one_line, unexpected
from ..module_utils._engine.lookup import Lookup
from ..module_utils._cloud.transport import MISSING_REQUESTS
from ..module_utils._cloud.mask import masked_data
from ..module_utils._cloud.settings import resolve
from ..module_utils._cloud.text import harmless, without_reserved
from ..plugin_utils._filters import as_text
from ..plugin_utils._inventory import fetch, group_name, hosts

try:
    from ansible.template import trust_as_template as _plain
except ImportError:  # before ansible-core 2.19 strings are trusted unless they are wrapped

    def _plain(value):
        return value


_SUFFIXES = ("sdrs.yml", "sdrs.yaml")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "cloud_dr.sdrs.sdrs"

    def verify_file(self, path):
        name = path.rsplit("/", 1)[-1]
        return super().verify_file(path) and (name in _SUFFIXES or name.endswith(tuple("." + suffix for suffix in _SUFFIXES)))

    def parse(self, inventory, loader, path, cache=True):
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        if MISSING_REQUESTS:
            raise AnsibleParserError("cloud_dr.sdrs.sdrs requires the Python library requests: %s" % MISSING_REQUESTS)
        connection = self._connection()
        try:
            settings = resolve(connection)
            found, problem = self._found(settings, path, cache), None
        except (SdrsError, MissingYaml) as error:
            problem = str(error)
        except Exception as error:  # pylint: disable=broad-except
            problem = unexpected(error)
        if problem:
            # Not where the exception is being handled: Ansible would show it.
            raise AnsibleParserError("%s: %s" % (path, problem))
        taken = {*self.inventory.groups, *map(self._sanitize_group_name, self.get_option("groups") or {})}
        added = hosts(found, self.get_option("hosts"), self.get_option("server_groups"), taken)
        # All hosts first, so that no group gets the name of one.
        for name, _variables, _groups in added:
            self.inventory.add_host(name)
        for name, variables, groups in added:
            self._add(name, variables, groups)

    def _sanitize_group_name(self, name):
        """The names of groups made of values; the features of constructed inventories call it, too."""
        return group_name(name, self.inventory.hosts)

    def _connection(self):
        """The connection options, templates resolved."""
        options = {name: self.get_option(name) for name in CONNECTION.options}
        return {name: self.templar.template(value) if isinstance(value, (str, dict)) else value for name, value in options.items()}

    def _found(self, settings, path, cache):
        self.load_cache_plugin()
        # The environment may name another cloud, account or project for the same file.
        who = [settings.credentials.get(name) for name in ("username", "user_id", "domain_name", "domain_id")]
        where = json.dumps([settings.url("sdrs"), settings.project_id, settings.project_name, self.get_option("hosts"), settings.agency, who])
        key = "%s_%s" % (self.get_cache_key(path), hashlib.sha256(where.encode()).hexdigest()[:12])
        use = self.get_option("cache") and cache
        if use and key in self._cache:
            return self._cache[key]
        # A cache would take reserved keys for types of its own.
        found = without_reserved(masked_data(fetch(Lookup(Api(Client(settings, self._tell))), self.get_option("hosts"), self._tell)))
        if self.get_option("cache"):
            self._cache[key] = found
        return found

    def _tell(self, message):
        self.display.warning(one_line(message, LONGEST_WARNING))

    def _add(self, name, variables, groups):
        # Before they enter templates of the user: these would take them for templates.
        variables = {key: _no_template(value) for key, value in variables.items()}
        for key, value in variables.items():
            self.inventory.set_variable(name, key, value)
        for group in groups:
            self.inventory.add_child(self.inventory.add_group(self._sanitize_group_name(group)), name)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, name, strict=strict)


def _no_template(value):
    """Names come from the service: nothing in them may be taken for a template. What can be none stays an ordinary string."""
    if isinstance(value, dict):
        return {_no_template(key): _no_template(entry) for key, entry in without_reserved(value).items()}
    if isinstance(value, list):
        return [_no_template(entry) for entry in value]
    if not isinstance(value, str):
        return value
    # Lone surrogates can be written nowhere.
    return _plain(value) if harmless(value) else as_text(value.encode("utf-8", "backslashreplace").decode("utf-8"))
