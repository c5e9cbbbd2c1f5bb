# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations of SDRS, and the few of ECS, EVS and VPC the collection needs, as data. PRIVATE to the collection.

``OPERATIONS`` maps a name to method, path, the key its request body is wrapped in and the section of the API reference.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from . import shapes
from .client import Client
from .errors import ApiError
from .odd import Odd, altered, sound
from .paging import IncompleteList, read_all

LONGEST_ID_LIST = 30  # SDRS.0226
# Operations whose response contains a job or the new object.
_CREATIONS = ("create_", "batch_create_")
# At most this many odd objects are reported individually.
_NAMED = 10


class Operation(NamedTuple):
    """One documented call. ``repeatable``: idempotent by the reference, or a POST that only reads."""

    section: str
    method: str
    path: str
    wrap: str | None = None
    repeatable: bool = False
    service: str = "sdrs"


_V1 = "/v1/{project_id}"
_GROUP = _V1 + "/server-groups/{server_group}"
_INSTANCE = _V1 + "/protected-instances/{protected_instance}"
_PAIR = _V1 + "/replications/{replication}"
_DRILL = _V1 + "/disaster-recovery-drills/{drill}"
_FAILED = _V1 + "/task-center"

OPERATIONS = {
    "show_job": Operation("5.1.1", "GET", _V1 + "/jobs/{job}"),
    "list_versions": Operation("5.2.1", "GET", "/"),
    "show_version": Operation("5.2.2", "GET", "/{version}"),
    "list_domains": Operation("5.3.1", "GET", _V1 + "/active-domains"),
    "create_server_group": Operation("5.4.1", "POST", _V1 + "/server-groups", "server_group"),
    "list_server_groups": Operation("5.4.2", "GET", _V1 + "/server-groups"),
    "show_server_group": Operation("5.4.3", "GET", _GROUP, "server_group"),
    "delete_server_group": Operation("5.4.4", "DELETE", _GROUP),
    "rename_server_group": Operation("5.4.5", "PUT", _GROUP, "server_group"),
    "start_server_group": Operation("5.4.6", "POST", _GROUP + "/action", "start-server-group"),
    "stop_server_group": Operation("5.4.7", "POST", _GROUP + "/action", "stop-server-group"),
    "failover_server_group": Operation("5.4.8", "POST", _GROUP + "/action", "failover-server-group"),
    "reverse_server_group": Operation("5.4.9", "POST", _GROUP + "/action", "reverse-server-group"),
    "create_protected_instance": Operation("5.5.1", "POST", _V1 + "/protected-instances", "protected_instance"),
    "delete_protected_instance": Operation("5.5.2", "DELETE", _INSTANCE),
    "list_protected_instances": Operation("5.5.3", "GET", _V1 + "/protected-instances"),
    "show_protected_instance": Operation("5.5.4", "GET", _INSTANCE, "protected_instance"),
    "rename_protected_instance": Operation("5.5.5", "PUT", _INSTANCE, "protected_instance"),
    "attach_replication": Operation("5.5.6", "POST", _INSTANCE + "/attachreplication", "replicationAttachment"),
    "detach_replication": Operation("5.5.7", "DELETE", _INSTANCE + "/detachreplication/{replication}"),
    "add_nic": Operation("5.5.8", "POST", _INSTANCE + "/nic"),
    "delete_nic": Operation("5.5.9", "POST", _INSTANCE + "/nic/delete"),
    "resize_protected_instance": Operation("5.5.10", "POST", _INSTANCE + "/resize", "resize"),
    "batch_create_protected_instances": Operation("5.5.11", "POST", _V1 + "/protected-instances/batch", "protected_instances"),
    "batch_delete_protected_instances": Operation("5.5.12", "POST", _V1 + "/protected-instances/delete"),
    "create_replication": Operation("5.6.1", "POST", _V1 + "/replications", "replication"),
    "delete_replication": Operation("5.6.2", "DELETE", _PAIR, "replication"),
    "list_replications": Operation("5.6.3", "GET", _V1 + "/replications"),
    "show_replication": Operation("5.6.4", "GET", _PAIR, "replication"),
    "extend_replication": Operation("5.6.5", "POST", _PAIR + "/action", "extend-replication"),
    "rename_replication": Operation("5.6.6", "PUT", _PAIR, "replication"),
    "create_drill": Operation("5.7.1", "POST", _V1 + "/disaster-recovery-drills", "disaster_recovery_drill"),
    "delete_drill": Operation("5.7.2", "DELETE", _DRILL),
    "list_drills": Operation("5.7.3", "GET", _V1 + "/disaster-recovery-drills"),
    "show_drill": Operation("5.7.4", "GET", _DRILL, "disaster_recovery_drill"),
    "rename_drill": Operation("5.7.5", "PUT", _DRILL, "disaster_recovery_drill"),
    "query_by_tags": Operation("5.8.1", "POST", _V1 + "/protected-instances/resource_instances/action", None, True),
    "add_tags": Operation("5.8.2", "POST", _INSTANCE + "/tags/action", None, True),
    "delete_tags": Operation("5.8.3", "POST", _INSTANCE + "/tags/action", None, True),
    "add_tag": Operation("5.8.4", "POST", _INSTANCE + "/tags", "tag", True),
    "delete_tag": Operation("5.8.5", "DELETE", _INSTANCE + "/tags/{key}"),
    "list_tags": Operation("5.8.6", "GET", _INSTANCE + "/tags"),
    "list_project_tags": Operation("5.8.7", "GET", _V1 + "/protected-instances/tags"),
    "list_failed_tasks": Operation("5.9.1", "GET", _FAILED + "/failure-jobs"),
    "delete_failed_task": Operation("5.9.2", "DELETE", _FAILED + "/failure-jobs/{failure_job}"),
    "delete_all_failed_tasks": Operation("5.9.3", "DELETE", _FAILED + "/failure-jobs/batch"),
    "delete_group_failed_tasks": Operation("5.9.4", "DELETE", _FAILED + "/{server_group}/failure-jobs/batch"),
    "show_quotas": Operation("5.10.1", "GET", _V1 + "/sdrs/quotas"),
    # Not in the reference; service.md, section 7.
    "list_rpo_statistics": Operation("service.md, section 7", "GET", _V1 + "/resource/rpo-statistics"),
}

_SERVER_ACTION = "/v2.1/{project_id}/servers/{ecs_server}/action"
_AS = "/autoscaling-api/v1/{project_id}/scaling_group"

# Of the neighbouring services (service.md, section 5).
NEIGHBOURS = {
    "show_ecs_server": Operation("ECS", "GET", _V1 + "/cloudservers/{ecs_server}", "server", service="ecs"),
    "start_ecs_servers": Operation("ECS", "POST", _V1 + "/cloudservers/action", "os-start", True, "ecs"),
    "stop_ecs_servers": Operation("ECS", "POST", _V1 + "/cloudservers/action", "os-stop", True, "ecs"),
    # Vendor's ECS reference: security group management, tag management, status management.
    "add_ecs_security_group": Operation("ECS", "POST", _SERVER_ACTION, "addSecurityGroup", service="ecs"),
    "remove_ecs_security_group": Operation("ECS", "POST", _SERVER_ACTION, "removeSecurityGroup", service="ecs"),
    "change_ecs_tags": Operation("ECS", "POST", _V1 + "/cloudservers/{ecs_server}/tags/action", None, True, "ecs"),
    "show_ecs_auto_recovery": Operation("ECS", "GET", _V1 + "/cloudservers/{ecs_server}/autorecovery", service="ecs"),
    # Vendor's EVS reference, "Creating EVS Disks"; v2 is the version of both clouds.
    "create_volume": Operation("EVS", "POST", "/v2/{project_id}/cloudvolumes", "volume", service="evs"),
    "show_vpc": Operation("VPC", "GET", _V1 + "/vpcs/{vpc}", "vpc", service="vpc"),
    "create_vpc": Operation("VPC", "POST", _V1 + "/vpcs", "vpc", service="vpc"),
    "update_vpc": Operation("VPC: Updating VPC Information", "PUT", _V1 + "/vpcs/{vpc}", "vpc", True, "vpc"),
    "delete_vpc": Operation("VPC", "DELETE", _V1 + "/vpcs/{vpc}", service="vpc"),
    "show_subnet": Operation("VPC", "GET", _V1 + "/subnets/{subnet}", "subnet", service="vpc"),
    "show_route_table": Operation("VPC v1", "GET", _V1 + "/routetables/{route_table}", "routetable", service="vpc"),
    "create_subnet": Operation("VPC", "POST", _V1 + "/subnets", "subnet", service="vpc"),
    "update_subnet": Operation("VPC", "PUT", _V1 + "/vpcs/{vpc}/subnets/{subnet}", "subnet", True, "vpc"),
    "delete_subnet": Operation("VPC", "DELETE", _V1 + "/vpcs/{vpc}/subnets/{subnet}", service="vpc"),
    # Vendor's EIP reference, v1; the host is that of VPC.
    "show_eip": Operation("EIP", "GET", _V1 + "/publicips/{eip}", "publicip", service="vpc"),
    "update_eip": Operation("EIP", "PUT", _V1 + "/publicips/{eip}", "publicip", service="vpc"),
    "show_as_group": Operation("AS", "GET", _AS + "/{as_group}", "scaling_group", service="as"),
    "update_as_group": Operation("AS: Modifying an AS Group", "PUT", _AS + "/{as_group}", None, True, "as"),
    "act_on_as_group": Operation("AS", "POST", _AS + "/{as_group}/action", None, True, "as"),
}

# The key under which a list operation answers.
LIST_KEYS = {
    "list_domains": "domains",
    "list_server_groups": "server_groups",
    "list_protected_instances": "protected_instances",
    "list_replications": "replications",
    "list_drills": "disaster_recovery_drills",
    "list_failed_tasks": "failure_jobs",
    "list_tags": "tags",
    "list_project_tags": "tags",
    "list_rpo_statistics": "resource_rpo_statistics",
}


Objects = list[Any]  # in the class below ``list`` is a method


class Api:
    """The calls of SDRS and its neighbours on one client."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._odd: set[str] = set()

    def judged(self, key: str, found: Objects) -> Objects:
        """The objects that stand under ``key`` of a response; those with unusable fields become ``Odd`` and are reported once."""
        found = [shapes.usable(key, content) for content in found]
        for content in found:
            if isinstance(content, Odd) and str(content.error) not in self._odd and len(self._odd) < _NAMED:
                self._odd.add(str(content.error))
                self.client.warn("the service returned an object with unusable fields; it is "
                                 "ignored where these fields are not needed: %s" % content.error.message)
        return found

    sound = staticmethod(sound)

    def patience(self) -> Any:
        """For a request with a guard; the owner of the guard retries it (``Client.patience``)."""
        return self.client.patience()

    def call(self, name: str, body: Any = None, query: dict | None = None, patience: Any = None, **arguments: Any) -> Any:
        """Carry out an operation; ``body`` is wrapped as documented, the answer's wrapping is taken off."""
        operation = OPERATIONS.get(name) or NEIGHBOURS[name]
        if operation.method != "GET" and operation.wrap and body is not None:
            body = {operation.wrap: body}
        answer = self.client.call(
            operation.method, operation.service, operation.path, query, body, operation.repeatable, patience, **arguments
        )
        if operation.method != "GET":
            return shapes.check_made(answer, operation.wrap or "") if name.startswith(_CREATIONS) else shapes.check_job(answer)
        if not operation.wrap:
            return answer
        if not isinstance(answer.get(operation.wrap), dict) or not answer[operation.wrap]:
            raise ApiError("the response contains no %s" % operation.wrap.replace("_", " "))
        return shapes.usable(operation.wrap, answer[operation.wrap], next(iter(arguments.values()), None))

    def list(self, name: str, query: dict | None = None, expected: int | None = None, **arguments: Any) -> Objects:
        """All objects of a list; ID lists in ``query`` become the documented JSON text, split at 30 (0226).

        :param expected: how many there are, if that is known
        """
        query = {key: value for key, value in (query or {}).items() if value not in (None, "")}
        long = next((key for key, value in query.items() if isinstance(value, list) and len(value) > LONGEST_ID_LIST), None)
        if long:
            parts = [query[long][i:i + LONGEST_ID_LIST] for i in range(0, len(query[long]), LONGEST_ID_LIST)]
            found = [item for part in parts for item in self.list(name, dict(query, **{long: part}), **arguments)]
            return list({shapes.key_of(item): item for item in found}.values())
        query = {key: json.dumps(value, separators=(",", ":")) if isinstance(value, list) else value for key, value in query.items()}
        path, key = OPERATIONS[name].path, LIST_KEYS[name]
        try:
            found = self.client.pages("sdrs", path, key, query, expected, **arguments)
        except IncompleteList as error:
            # Whether ``count`` minds the filters is not documented for all lists: it does not if the whole list has that many.
            if not query or len(self.client.pages("sdrs", path, key, {}, **arguments)) != error.count:
                raise
            found = error.found
        return self.judged(key, found)

    def query_by_tags(self, conditions: dict) -> Objects:
        """Protected instances by tag, as ``resource_detail`` objects (5.8.1)."""
        def fetch(offset: int) -> dict:
            return self.call("query_by_tags", dict(conditions, action="filter", limit="1000", offset=str(offset)))

        found = read_all(fetch, "resources", _counting_objects, 0, names=("resource_id",))
        return self.judged("protected_instances", [dict(item.get("resource_detail") or {}, id=item.get("resource_id")) for item in found])

    def job(self, job_id: str, service: str = "sdrs") -> dict:
        """A job of SDRS (5.1.1) or ECS (service.md, section 5), with the ``service`` it belongs to."""
        answer = self.client.call("GET", service, "/v1/{project_id}/jobs/{job}", job=job_id)
        return altered(shapes.usable("job", answer, job_id), service=service)

    def server(self, server_id: str) -> dict:
        """An ECS server's detail (service.md, section 5)."""
        return self.call("show_ecs_server", ecs_server=server_id)

    def servers(self, name: str | None = None) -> Objects:
        """ECS servers whose name contains ``name``. ``offset`` is a page number there (semantics.md, section 7)."""
        query = {"limit": 1000, **({"name": name} if name else {})}

        def fetch(number: int) -> dict:
            return self.client.call("GET", "ecs", _V1 + "/cloudservers/detail", dict(query, offset=number) if number > 1 else query)

        return self.judged("servers", read_all(fetch, "servers", lambda number, page, found: number + 1, 1))

    def volumes(self, **query: Any) -> Objects:
        """EVS disks by ``name``, ``id`` or ``server_id`` (service.md, section 5)."""
        def fetch(offset: int) -> dict:
            return self.client.call("GET", "evs", "/v2/{project_id}/cloudvolumes/detail", dict(query, limit=1000, **({"offset": offset} if offset else {})))

        return self.judged("volumes", read_all(fetch, "volumes", _counting_objects, 0))

    def vpcs(self) -> Objects:
        """All VPCs of the project."""
        return self._marked_pages("/v1/{project_id}/vpcs", "vpcs", {})

    def subnets(self, vpc_id: str | None = None) -> Objects:
        """The subnets of a VPC, or of the project."""
        return self._marked_pages("/v1/{project_id}/subnets", "subnets", {"vpc_id": vpc_id} if vpc_id else {})

    def route_tables(self, vpc_id: str) -> Objects:
        """The route tables of a VPC with their routes; if the list does not contain them, each table is read."""
        listed = self._marked_pages("/v1/{project_id}/routetables", "routetables", {"vpc_id": vpc_id})
        return [table if "routes" in table else self.call("show_route_table", route_table=table["id"]) for table in listed]

    def peerings(self, vpc_id: str) -> Objects:
        """The peering connections of a VPC."""
        return self._marked_pages("/v2.0/vpc/peerings", "peerings", {"vpc_id": vpc_id})

    def network_acls(self) -> Objects:
        """The network ACLs of the project, with the subnets they are associated with."""
        return self._marked_pages("/v3/{project_id}/vpc/firewalls", "firewalls", {})

    def eips(self) -> Objects:
        """All elastic IPs of the project."""
        return self._marked_pages("/v1/{project_id}/publicips", "publicips", {})

    def as_groups(self, name: str | None = None) -> Objects:
        """AS groups whose name contains ``name``; ``start_number`` counts groups (service.md, section 5)."""
        wanted = {"scaling_group_name": name} if name else {}

        def fetch(start: int) -> dict:
            return self.client.call("GET", "as", _AS, {"limit": 100, "start_number": start, **wanted})

        return self.judged("scaling_groups", read_all(fetch, "scaling_groups", _counting_objects, 0, 100, ("scaling_group_id",)))

    def _marked_pages(self, path: str, key: str, query: dict) -> Objects:
        """VPC's lists are paged by ``marker``, the last ID seen."""
        def fetch(marker: str | None) -> dict:
            return self.client.call("GET", "vpc", path, dict(query, limit=1000, **({"marker": marker} if marker else {})))

        def following(marker: str | None, page: Objects, found: dict) -> str:
            last = next((entry["id"] for entry in reversed(page) if shapes.key_of(entry) == entry.get("id")), None)
            if last is None:
                raise ApiError("a page of %s contains no ID from which to request the next page" % key)
            return last

        return self.judged(key, read_all(fetch, key, following))


def _counting_objects(offset: int, page: list, found: dict) -> int:
    return offset + len(page)
