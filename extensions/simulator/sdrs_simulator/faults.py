# SPDX-License-Identifier: GPL-3.0-or-later
"""Error answers, and the documented codes the simulator can give (API reference, appendix A.1)."""

from __future__ import annotations

from typing import Any

# code: message. The status is 400 unless STATUS says otherwise.
MESSAGES = {
    "SDRS.0001": "Invalid tenant ID",
    "SDRS.0004": "Incorrect API invoking permissions",
    "SDRS.0201": "Invalid request parameters",
    "SDRS.0202": "Invalid name",
    "SDRS.0203": "Invalid AZ",
    "SDRS.0204": "Invalid VPC",
    "SDRS.0205": "Invalid domain ID",
    "SDRS.0206": "Invalid action",
    "SDRS.0207": "Invalid protection group ID",
    "SDRS.0208": "Invalid protected instance ID",
    "SDRS.0210": "Invalid server ID",
    "SDRS.0211": "Invalid disk ID",
    "SDRS.0212": "Invalid description",
    "SDRS.0213": "Invalid replication pair ID",
    "SDRS.0216": "Invalid preferred AZ",
    "SDRS.0219": "Invalid IP address",
    "SDRS.0221": "limit value must be greater than 0 or less than 1000",
    "SDRS.0222": "offset value cannot be negative, and must be an integer",
    "SDRS.0223": "Invalid NIC ID",
    "SDRS.0226": "IDs exceed the upper limit",
    "SDRS.0228": "Invalid tenancy value",
    "SDRS.0305": "Insufficient protection group quota",
    "SDRS.0306": "Insufficient replication pair quota",
    "SDRS.0408": "Null job",
    "SDRS.1001": "Protection group deletion not allowed due to a protected instance",
    "SDRS.1002": "Operation not allowed for the protection group in the current state",
    "SDRS.1003": "Protection group deletion not allowed due to a DR drill",
    "SDRS.1010": "Protection group deletion not allowed due to a replication pair",
    "SDRS.1013": "Protection group not found",
    "SDRS.1015": "Abnormal protection group data",
    "SDRS.1024": "Operation not allowed because the protection group status not available or protected",
    "SDRS.1301": "Protected instance deletion not allowed in the current state",
    "SDRS.1303": "Server AZ and production site AZ of the protection group are different",
    "SDRS.1304": "VPC of the server inconsistent with that of the protection group",
    "SDRS.1305": "Server already used to create a protected instance",
    "SDRS.1310": "NIC not exist",
    "SDRS.1311": "Deleting the primary NIC not allowed",
    "SDRS.1314": "Abnormal protected instance",
    "SDRS.1316": "Server not stopped",
    "SDRS.1319": "Server at the current production site not stopped",
    "SDRS.1320": "Protected instance not found",
    "SDRS.1321": "No disk attached to the server",
    "SDRS.1326": "Server not found",
    "SDRS.1327": "NIC-related operation not allowed for the protected instance state in the current state",
    "SDRS.1328": "Operation not allowed because the protected instance status not available",
    "SDRS.1330": "Server at the current production site cannot be deleted because the current production site not the one "
    "specified when the protection group is created",
    "SDRS.1333": "Operation not allowed because the server status is not active or shutoff",
    "SDRS.1334": "Private IP address in the subnet is in use",
    "SDRS.1335": "Subnet not found",
    "SDRS.1338": "Failed to delete the EIP of the current production site server because the current production site is not "
    "the one specified when the protection group is created",
    "SDRS.1339": "No system disk attached to the server",
    "SDRS.1340": "Number of NICs for one protected instance reaches the upper limit",
    "SDRS.1341": "Another flavor must be used for resizing",
    "SDRS.1342": "Current DR site server is not stopped",
    "SDRS.1352": "Current production site server not stopped",
    "SDRS.1353": "DR site server specifications not support protected instance creation",
    "SDRS.1356": "Production site server specifications not support protected instance creation",
    "SDRS.1360": "servers configuration contains an invalid production site server ID",
    "SDRS.1361": "servers configuration contains a duplicate production site server ID",
    "SDRS.1362": "Number of production site servers in the servers configuration exceeds the upper limit",
    "SDRS.1363": "protected_instances configuration contains a duplicate protected instance ID",
    "SDRS.1364": "protected_instances configuration contains IDs of protected instances from different protection groups",
    "SDRS.1365": "Failed to delete the protected instance because a shared replication pair attached to this protected "
    "instance is attached to another protected instance",
    "SDRS.1367": "Failed to specify the DeH parameters when you modify specifications of DR site servers not created on DeHs",
    "SDRS.1368": "Failed to specify the DeH parameters when you modify specifications of production site servers not created on DeHs",
    "SDRS.1371": "dedicated_host_id cannot be specified when tenancy is set to shared",
    "SDRS.1372": "DeH not found",
    "SDRS.1378": "Failed to modify the specifications of the production site server to the current ones",
    "SDRS.1379": "Failed to modify the specifications of the DR site server to the current ones",
    "SDRS.1380": "primary_subnet_id must be specified when primary_ip_address is specified",
    "SDRS.1381": "DSS storage pool ID not exist",
    "SDRS.1408": "A server with the shared disk attached is not in the server list for which the protected instances are to be protected",
    "SDRS.1409": "A protected instance with the shared replication pair attached is not in the deletion list",
    "SDRS.1601": "Replication pair status not available",
    "SDRS.1603": "Replication pair attached or device name used to attach to a disk",
    "SDRS.1604": "Replication pair not attached",
    "SDRS.1605": "Replication pair attached",
    "SDRS.1608": "Replication pair not found",
    "SDRS.1611": "Replication pair not in the protection group",
    "SDRS.1801": "Disk status not available",
    "SDRS.1802": "Disk encrypted",
    "SDRS.1803": "Null disk",
    "SDRS.1806": "Operation not allowed by disk type",
    "SDRS.1809": "Operation not allowed because the current production site of the replication pair is the DR site specified "
    "when the protection group is created",
    "SDRS.1810": "Current production site AZ of the disk different from that of the protection group",
    "SDRS.1811": "Disk already used by a replication pair",
    "SDRS.1818": "This operation cannot be performed because the shared disks of the replication pair are not in the Available state",
    "SDRS.1824": "Operation not allowed due to a system error",
    "SDRS.1830": "Operation not allowed because replication pairs in this protection group are synchronizing data",
    "SDRS.1900": "Invalid DR drill ID",
    "SDRS.1902": "DR drill not found",
    "SDRS.1907": "Drill VPC conflicts with the VPC of the protection group",
    "SDRS.1908": "Drill VPC not have a subnet",
    "SDRS.1909": "Drill VPC not have the CIDR block",
    "SDRS.1913": "DR drill deletion not allowed in the current state",
    "SDRS.1921": "Drill VPC is already used for creating a DR drill",
    "SDRS.1928": "Failed to find the VPC",
    "SDRS.1929": "Insufficient VPC quota",
    "SDRS.2201": "action only create or delete",
    "SDRS.2202": "Empty tag list",
    "SDRS.2203": "Number of tags exceeds the upper limit",
    "SDRS.2204": "Invalid tag key",
    "SDRS.2205": "Tag key is blank or an empty string",
    "SDRS.2206": "Specified tag key is not found",
    "SDRS.2207": "Invalid tag value",
    "SDRS.2208": "Null tag value",
    "SDRS.2209": "Tag parameter contains duplicate keys",
    "SDRS.2210": "action can be set to only filter or count",
    "SDRS.2211": "limit and offset are not supported when action is set to count",
    "SDRS.2212": "Empty matches parameter",
    "SDRS.2213": "Empty key in the matches parameter",
    "SDRS.2214": "Invalid key in the matches parameter",
    "SDRS.2215": "Duplicate keys in the matches parameter",
    "SDRS.2216": "Null value in the matches parameter",
    "SDRS.2217": "Invalid value in the matches parameter",
    "SDRS.2218": "Number of values exceeds the upper limit",
    "SDRS.2219": "Value list of the same key has duplicate values",
    "SDRS.2220": "Minimum and maximum values of limit are 1 and 1000 respectively",
    "SDRS.2221": "Tag adding not allowed in the current protected instance state",
    "SDRS.2222": "Tag deleting not allowed in the current protected instance state",
}
STATUS = {"SDRS.0408": 500, "SDRS.2206": 404}


class Fault(Exception):
    """An error answer: HTTP status and JSON body."""

    def __init__(self, status: int, body: dict) -> None:
        super().__init__(body)
        self.status = status
        self.body = body


def sdrs(code: Any) -> Any:
    """The service's own error body for a documented code."""
    return Fault(STATUS.get(code, 400), {"error": {"code": code, "message": MESSAGES[code]}})


def gateway(status: int, code: Any, message: Any) -> Any:
    """The API gateway's error body (service.md, section 1)."""
    return Fault(status, {"error_code": code, "error_msg": message})


def not_published(status: int = 404) -> Any:
    """The gateway's answer for an operation that a cloud does not offer."""
    if status != 404:
        return Fault(status, {"message": "Method Not Allowed" if status == 405 else "Not Implemented"})
    return gateway(404, "APIGW.0101", "The API does not exist or has not been published in the environment")


def vpc(status: int, code: Any, message: Any) -> Any:
    """The error body of VPC."""
    return Fault(status, {"code": code, "message": message})


def neighbour(status: int, code: Any, message: Any) -> Any:
    """The error body of ECS and EVS."""
    return Fault(status, {"error": {"code": code, "message": message}})
