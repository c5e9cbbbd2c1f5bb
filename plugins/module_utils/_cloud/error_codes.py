# SPDX-License-Identifier: GPL-3.0-or-later
"""The 256 error codes of the service, as the API reference lists them (appendix A.1).

One text instead of a dict: the controller parses every module_utils file for each task, and one literal costs nothing.
A record is code, HTTP status and "retryable" where the same request may succeed later; message, description, remedy. An indented line
continues the one above.
"""

from __future__ import annotations

_TABLE = """
SDRS.0001 400
Invalid tenant ID
The tenant ID is invalid.
Use a valid tenant ID.

SDRS.0002 400
Invalid tenant token
The tenant token is invalid.
Use a valid token.

SDRS.0003 400
Invalid roles
The tenant roles are invalid.
Check whether the tenant has the desired roles. If there are no desired roles, add them for the tenant. Check whether the roles have the required
  permissions using IAM.

SDRS.0004 400
Incorrect API invoking permissions
The user does not have the required permissions to invoke the interface.
Add the required permissions for the user. Check whether the roles of the user have the required permissions using IAM.

SDRS.0005 400
No permission for the operation
The user does not have the permission to perform the operation.
Add the required operation permission.

SDRS.0006 500
Failed to obtain the token for the tenant
Failed to obtain the token for the tenant.
Check the user permission.

SDRS.0007 500
Failed to upgrade the permission
Failed to upgrade the permission.
Check whether the administrator account is used to upgrade the permission and whether the account is locked.

SDRS.0008 500 retryable
Network connection timeout
Network connection timed out.
Try again. If the retry fails, check the network status. If the network is normal, contact customer service.

SDRS.0009 500
No permission for the operation
The user does not have the permission to perform the operation.
Check whether the user permission is limited.

SDRS.0010 500
Data error
Data error.
Contact customer service.

SDRS.0011 500
Client error
Client error.
Contact customer service.

SDRS.0012 500
Incorrect configuration
The configuration is incorrect.
Contact customer service.

SDRS.0013 500
Internal error
Internal error.
Contact customer service.

SDRS.0014 500
Null result of decoded tenant token
The result of decoding the tenant token is null.
Use a correct token.

SDRS.0015 500
Null or empty domain ID decoded from token
The domain ID decoded from the tenant token is null or empty.
Use a correct token.

SDRS.0016 500
Null or empty domain name decoded from token
The domain name decoded from the tenant token is null or empty.
Use a correct token.

SDRS.0201 400
Invalid request parameters
The request parameters are invalid.
Use valid request parameters.

SDRS.0202 400
Invalid name
The name is invalid.
Use a valid name.

SDRS.0203 400
Invalid AZ
The AZ is invalid.
Use a valid AZ.

SDRS.0204 400
Invalid VPC
The VPC is invalid.
Use a valid VPC.

SDRS.0205 400
Invalid domain ID
The domain ID is invalid.
Use a valid domain ID.

SDRS.0206 400
Invalid action
The action is invalid.
Use a valid action.

SDRS.0207 400
Invalid protection group ID
The protection group ID is invalid.
Use a valid protection group ID.

SDRS.0208 400
Invalid protected instance ID
The protected instance ID is invalid.
Use a valid protected instance ID.

SDRS.0209 400
Incorrect status
The status is incorrect.
Ensure that the status is correct.

SDRS.0210 400
Invalid server ID
The server ID is invalid.
Use a valid server ID.

SDRS.0211 400
Invalid disk ID
The disk ID is invalid.
Use a valid disk ID.

SDRS.0212 400
Invalid description
The description is invalid.
Use a valid description.

SDRS.0213 400
Invalid replication pair ID
The replication pair ID is invalid.
Use a valid replication pair ID.

SDRS.0214 400
Incorrect replication pair status
The replication pair status is incorrect.
Ensure that the replication status is correct.

SDRS.0215 400
Invalid replication group ID
The replication consistency group ID is invalid.
Use a valid replication consistency group ID.

SDRS.0216 400
Invalid preferred AZ
The preferred AZ is invalid.
Use a valid AZ as the preferred AZ.

SDRS.0217 400
Invalid DR drill type
The DR drill type is invalid.
Use a valid DR drill type.

SDRS.0218 400
Invalid cluster ID
The cluster ID is invalid.
Use a valid cluster ID.

SDRS.0219 400
Invalid IP address
The IP address is invalid.
Use a valid IP address.

SDRS.0221 400
limit value must be greater than 0 or less than 1000
Invalid limit value. The value must be greater than 0 and less than 1000.
Use a valid limit value.

SDRS.0222 400
offset value cannot be negative, and must be an integer
Invalid offset value. The value cannot be negative and must be an integer.
Use a valid offset value.

SDRS.0223 400
Invalid NIC ID
Invalid NIC ID.
Use a valid NIC ID.

SDRS.0224 400
Invalid replication model.
The replication model is invalid.
Use a valid replication model.

SDRS.0225 400
Frozen volume
The volume has been frozen.
Use a volume that is not frozen.

SDRS.0226 400
IDs exceed the upper limit
The number of IDs exceeds the upper limit.
Set an ID list with at most 30 IDs.

SDRS.0227 400
Invalid dedicated_host_i d.
dedicated_host_id is invalid.
Use valid dedicated_host_id.

SDRS.0228 400
Invalid tenancy value
The tenancy value is invalid.
tenancy can be set only to shared or dedicated.

SDRS.0231 400
No access permission for the source AZ
You do not have the permission to access the source AZ.
Contact customer service to add the permission.

SDRS.0232 400
No access permission for the target AZ
You do not have the permission to access the target AZ.
Contact customer service to add the permission.

SDRS.0233 400
No available active-active domain
No active-active domain is available.
Contact customer service to add the permission.

SDRS.0301 400
Invalid quota resource name
The quota resource name is invalid.
Use a valid quota resource name.

SDRS.0302 400
Invalid quota value
The quota value is invalid.
Use a valid quota value.

SDRS.0303 400
Quota value less than used resources
The quota value is less than the quantity of used resources.
Use a valid quota value.

SDRS.0304 400
Quota value greater than the maximum or less than the minimum
The quota value is greater than the maximum value or less than the minimum value.
Use a valid quota value.

SDRS.0305 400
Insufficient protection group quota
The protection group quota is insufficient.
Contact customer service to increase the quota.

SDRS.0306 400
Insufficient replication pair quota
The replication pair quota is insufficient.
Contact customer service to increase the replication pair quota.

SDRS.0401 500
Incorrect number of subjobs
The number of subjobs is incorrect.
Contact customer service.

SDRS.0402 500
Error occurred when submitting the subjob again
An error occurred when submitting the subjob again.
Contact customer service.

SDRS.0403 500
Error occurred during job context query
An error occurred when querying the job context.
Contact customer service.

SDRS.0404 500
Failed to submit the job
Failed to submit the job.
Contact customer service.

SDRS.0405 500
Failed to execute the job
Failed to execute the job.
Contact customer service.

SDRS.0406 500
Failed to execute the subjob
Failed to execute the subjob.
Contact customer service.

SDRS.0407 500
Failed to roll back the job
Failed to roll back the job.
Contact customer service.

SDRS.0408 500
Null job
The job is null.
Contact customer service.

SDRS.1001 400
Protection group deletion not allowed due to a protected instance
The protection group cannot be deleted because it contains a protected instance.
Delete the protected instance from the protection group and then delete the protection group.

SDRS.1002 400
Operation not allowed for the protection group in the current state
This operation cannot be performed for the protection group in the current state.
Perform this operation in the correct state and be clear about the operation restrictions.

SDRS.1003 400
Protection group deletion not allowed due to a DR drill
The protection group cannot be deleted because it contains a DR drill.
Delete the DR drill from the protection group and then delete the protection group.

SDRS.1010 400
Protection group deletion not allowed due to a replication pair
The protection group cannot be deleted because it contains a replication pair.
Delete the replication pair from the protection group and then delete the protection group.

SDRS.1011 500 retryable
Failed to query the active-active domain
Failed to query the active-active domain.
Try again. If the fault persists, contact customer service.

SDRS.1013 400
Protection group not found
The protection group is not found.
Use an available protection group.

SDRS.1014 500
Failed to create the protection group
Failed to create the protection group.
Contact customer service.

SDRS.1015 400
Abnormal protection group data
The protection group data is abnormal.
Check the data of the protection group. If the fault persists, contact customer service.

SDRS.1016 500
Failed to delete the protection group
Failed to delete the protection group.
Contact customer service.

SDRS.1017 400
Operation not allowed because the protection group status not available
This operation cannot be performed because the protection group status is not available.
Perform this operation in the correct state and be clear about the operation restrictions.

SDRS.1018 400
Operation not allowed because the protection status of the protection group not stopped
This operation cannot be performed because the protection status of the protection group is not stopped.
Perform this operation in the correct state and be clear about the operation restrictions.

SDRS.1019 400
Operation not allowed because the protection status of the protection group not started
This operation cannot be performed because the protection status of the protection group is not started.
Perform this operation in the correct state and be clear about the operation restrictions.

SDRS.1020 400
Operation not allowed because the protection group status not available or starting
This operation cannot be performed because the protection group status is not available or starting.
Perform this operation in the correct state and be clear about the operation restrictions.

SDRS.1021 400
Operation not allowed because the protection group status not available, failed-over, or failed-over-back
This operation cannot be performed because the protection group status is not available, failed-over, or failed-over-back.
Perform this operation in the correct state and be clear about the operation restrictions.

SDRS.1022 400
Operation not allowed because the protection group status not available, error-failing-over, or error-failing-over-back
This operation cannot be performed because the protection group status is not available, error-failing-over, or error-failing-over-back.
Perform this operation in the correct state and be clear about the operation restrictions.

SDRS.1023 400
Operation not allowed because the protection group status not available, error-reversing, or error-failing-back
This operation cannot be performed because the protection group status is not available, error-reversing, or error-failing-back.
Perform this operation in the correct state and be clear about the operation restrictions.

SDRS.1024 400
Operation not allowed because the protection group status not available or protected
This operation cannot be performed because the protection group status is not available or protected.
Perform this operation in the correct state and be clear about the operation restrictions.

SDRS.1025 400
priority station value of the protection group is different from that of the protected instance
The priority station value of the protection group is different from that of the protected instance.
Contact customer service.

SDRS.1026 400
priority station value of the protection group is different from that of the replication pair
The priority station value of the protection group is different from that of the replication pair.
Contact customer service.

SDRS.1027 400 retryable
Failed to enable protection
Failed to enable protection.
Try again. If the fault persists, contact customer service.

SDRS.1028 400 retryable
Failed to disable protection
Failed to disable protection.
Try again. If the fault persists, contact customer service.

SDRS.1029 400 retryable
Failed to perform the planned failover
Failed to perform the planned failover for the protection group.
Try again. If the fault persists, contact customer service.

SDRS.1030 400 retryable
Failed to perform the failover
Failed to perform the failover for the protection group.
Try again. If the fault persists, contact customer service.

SDRS.1032 400 retryable
Failed to enable protection again
Failed to enable re-protection for the protection group.
Try again. If the fault persists, contact customer service.

SDRS.1301 400
Protected instance deletion not allowed in the current state
The protected instance cannot be deleted in the current state.
Perform this operation in the correct state and be clear about the operation restrictions.

SDRS.1303 400
Server AZ and production site AZ of the protection group are different
The server AZ and the production site AZ of the protection group are different.
Ensure that the server AZ is the same as the production site AZ of the protection group. For example, if the production site AZ of the protection
  group is AZ1, ensure that the production site server AZ is AZ1.

SDRS.1304 400
VPC of the server inconsistent with that of the protection group
The VPC of the server and the VPC of the protection group are different.
Ensure that the VPC of the server is the same as that of the protection group.

SDRS.1305 400
Server already used to create a protected instance
The server has been used to create a protected instance.
One server can be used to create only one protected instance. Select a server not used in any protected instance and create the instance again.

SDRS.1306 400 retryable
Failed to create the server
Failed to create the server.
Try again. If the fault persists, contact customer service.

SDRS.1307 400 retryable
Failed to delete the server
Failed to delete the server.
Try again. If the fault persists, contact customer service.

SDRS.1308 400 retryable
Failed to stop the server
Failed to stop the server.
Try again. If the fault persists, contact customer service.

SDRS.1309 400
Inconsistent production site and DR site disk specifications
Specifications of the production site disk and DR site disk are different.
Check whether the specifications of the production site and DR site disks of the protected instance are consistent. If they are not, contact customer
  service.

SDRS.1310 400
NIC not exist
The NIC does not exist.
Use an available NIC.

SDRS.1311 400
Deleting the primary NIC not allowed
The primary NIC cannot be deleted.
Check whether the NIC is the primary one. If it is, it cannot be deleted.

SDRS.1312 400 retryable
Failed to add the NIC to the protected instance
Failed to add the NIC to the protected instance.
Try again. If the fault persists, contact customer service.

SDRS.1313 400 retryable
Failed to delete the NIC from the protected instance
Failed to delete the NIC from the protected instance.
Try again. If the fault persists, contact customer service.

SDRS.1314 400
Abnormal protected instance
The protected instance is abnormal.
Perform this operation in the correct state and be clear about the operation restrictions.

SDRS.1315 400
Extension NIC not found
The extension NIC is not found.
Check whether the extension NIC is normal. Use the correct extension NIC, or contact customer service.

SDRS.1316 400
Server not stopped
The server is not stopped.
Check whether the server is stopped. If it is working, stop it.

SDRS.1317 400 retryable
Failed to attach the NIC to a protected instance
Failed to attach the NIC to the protected instance.
Try again. If the fault persists, contact customer service.

SDRS.1318 400 retryable
Failed to detach the NIC from a protected instance
Failed to detach the NIC from the protected instance.
Try again. If the fault persists, contact customer service.

SDRS.1319 400
Server at the current production site not stopped
The current production site server is not stopped.
Check whether the current production site server is stopped. If not, stop it.

SDRS.1320 400
Protected instance not found
The protected instance is not found.
Use an available protected instance.

SDRS.1321 400
No disk attached to the server
No disk is attached to the server.
Check whether disks are attached to the server and be clear about the operation constraints.

SDRS.1322 400
Abnormal system disk of the server
The system disk of the server is abnormal.
Contact customer service.

SDRS.1323 400
Protected instance creation not allowed because the protection group status not available
Protected instances cannot be created because the protection group status is not available.
Perform this operation in the correct state and be clear about the operation restrictions.

SDRS.1324 400
Protected instance deletion not allowed because the protection group status not available
Protected instances cannot be deleted because the protection group status is not available.
Perform this operation in the correct state and be clear about the operation restrictions.

SDRS.1325 400
Protected instance creation not allowed because the protection group status not stopped
Protected instances cannot be created because the protection group status is not stopped.
Perform this operation in the correct state and be clear about the operation restrictions.

SDRS.1326 400
Server not found
The server is not found.
Use an available server.

SDRS.1327 400
NIC-related operation not allowed for the protected instance state in the current state
The NIC-related operation cannot be performed for the protected instance in the current state.
Perform this operation in the correct state and be clear about the operation restrictions.

SDRS.1328 400
Operation not allowed because the protected instance status not available
This operation cannot be performed because the protected instance status is not available.
Perform this operation in the correct state and be clear about the operation restrictions.

SDRS.1329 400 retryable
Failed to modify protected instance specifications
Failed to modify the specifications of the protected instance.
Try again. If the fault persists, contact customer service.

SDRS.1330 400
Server at the current production site cannot be deleted because the current production site not the one specified when the protection group is created
The server at the current production site cannot be deleted because the current production site is not the one specified when the protection group is
  created.
Perform this operation in the correct state and be clear about the operation restrictions.

SDRS.1331 400 retryable
Failed to delete the EIP
Failed to release the EIP.
Try again. If the fault persists, contact customer service.

SDRS.1332 400 retryable
Failed to add the EIP
Failed to add the EIP.
Try again. If the fault persists, contact customer service.

SDRS.1333 400
Operation not allowed because the server status is not active or shutoff
A protected instance cannot be created when the server status is not active or shutoff.
Perform this operation in the correct state and be clear about the operation restrictions.

SDRS.1334 400
Private IP address in the subnet is in use
The private IP address is already in use.
Check whether the private IP address is in use.

SDRS.1335 400
Subnet not found
The subnet was not found.
Use a correct subnet.

SDRS.1336 400
Protected instance cannot be created using a production site server attached with an extension NIC in the current system
In the current system, a protected instance cannot be created using a production site server attached with an extension NIC.
Delete the extension NIC or select the correct production site server.

SDRS.1337 400
Current system does not support the extension NIC to be added to the protected instance
In the current system, extension NICs cannot be added to protected instances.
Be clear about the operation constraints.

SDRS.1338 400
Failed to delete the EIP of the current production site server because the current production site is not the one specified when the protection group
  is created
The EIP of the current production site server cannot be deleted because the current production site is not the one specified when the protection group
  is created.
Be clear about the operation constraints.

SDRS.1339 400
No system disk attached to the server
No system disk is attached to the server.
Check whether a system disk is attached to the server and be clear about the operation constraints.

SDRS.1340 400
Number of NICs for one protected instance reaches the upper limit
The number of NICs for one protected instance reaches the upper limit.
Check whether the number of NICs for one protected instance reaches the upper limit and be clear about the operation constraints.

SDRS.1341 400
Another flavor must be used for resizing
This flavor cannot be used for the flavor change.
The target flavor is the same as the current one. Select another flavor for the flavor change.

SDRS.1342 400
Current DR site server is not stopped
The current DR site server is not stopped.
Check whether the current DR site server is stopped. If not, contact the administrator to stop it.

SDRS.1350 400 retryable
Failed to create the protected instance
Failed to create the protected instance.
Try again. If the fault persists, contact customer service.

SDRS.1351 400 retryable
Failed to delete the protected instance
Failed to delete the protected instance.
Try again. If the fault persists, contact customer service.

SDRS.1352 400
Current production site server not stopped
The current production site server is not stopped.
Check whether the current production site server is stopped. If not, stop it and then perform the operation.

SDRS.1353 400
DR site server specifications not support protected instance creation
The DR site server specifications do not support the creation of a protected instance.
Use a server of other specifications to create a protected instance.

SDRS.1354 400
DR site server in protected instance cannot be deleted because the billing mode for the DR site server is yearly/monthly
The billing mode of the DR site server in the protected instance is yearly/monthly. Therefore, the DR site server cannot be deleted when you delete
  the protected instance.
If the billing mode of the DR site server in the protected instance is yearly/monthly, do not select Delete DR site server when you delete the
  protected instance. If the fault persists, contact customer service.

SDRS.1355 400
Failed to delete the DR site server in the protected instance because the current account is frozen
Failed to delete the DR site server in the protected instance because the current account is frozen.
Do not select Delete DR site server, or wait until your account is unfrozen and then perform the operation.

SDRS.1356 400
Production site server specifications not support protected instance creation
The production site server specifications do not support the creation of a protected instance.
Use a server of other specifications to create a protected instance.

SDRS.1357 400
Production site server locked by system
The production site server is locked by the system.
Check whether the current production site server is locked by the system. If so, wait until the server is unlocked and then perform the operation.

SDRS.1358 400
Number of protected instances in the protection group reaches the upper limit
The number of protected instances in the protection group reaches the upper limit.
Select another protection group to create a protected instance.

SDRS.1359 400
Production site server locked by another cloud service
The production site server is locked by another cloud service.
Check whether the current production site server is locked by another cloud service. If so, wait until the server is unlocked and then perform the
  operation.

SDRS.1360 400
servers configuration contains an invalid production site server ID
The servers configuration contains an invalid server ID.
Specify correct production site server IDs.

SDRS.1361 400
servers configuration contains a duplicate production site server ID
The servers configuration contains a duplicate server ID.
Delete the duplicate server ID.

SDRS.1362 400
Number of production site servers in the servers configuration exceeds the upper limit
The number of production site servers in the servers configuration exceeds the upper limit.
Reduce the number of production site servers and try again.

SDRS.1363 400
protected_instances configuration contains a duplicate protected instance ID
The protected_instances configuration contains a duplicate protected instance ID.
Delete the duplicate protected instance ID.

SDRS.1364 400
protected_instances configuration contains IDs of protected instances from different protection groups
The protected_instances configuration contains IDs of protected instances from different protection groups.
Ensure that the IDs of protected instances are from the same protection group and then try again.

SDRS.1365 400
Failed to delete the protected instance because a shared replication pair attached to this protected instance is attached to another protected
  instance
Failed to delete the protected instance because a shared replication pair attached to this protected instance has been attached to other protected
  instances.
Detach the shared replication pair from the protected instance and then try again.

SDRS.1366 400
System not support creating DR site servers on DeHs
In the current system, DeHs cannot be used to create DR site servers.
Delete the DeH parameters and try again.

SDRS.1367 400
Failed to specify the DeH parameters when you modify specifications of DR site servers not created on DeHs
DeH parameters are not supported if the DR site servers you want to modify specifications are not created on DeHs.
Delete the DeH parameters and try again.

SDRS.1368 400
Failed to specify the DeH parameters when you modify specifications of production site servers not created on DeHs
DeH parameters are not supported if the production site servers you want to modify specifications are not created on DeHs.
Delete the DeH parameters and try again.

SDRS.1369 400
DeH ID of the DR site server is empty
The DeH ID of the DR site server is empty.
Use a correct DeH ID.

SDRS.1370 400
DeH ID of the production site server is empty
The DeH ID of the production site server is empty.
Use a correct DeH ID.

SDRS.1371 400
dedicated_host_id cannot be specified when tenancy is set to shared
dedicated_host_id cannot be specified when tenancy is set to shared.
Delete dedicated_host_id and try again.

SDRS.1372 400
DeH not found
The DeH is not found.
Use a correct DeH ID.

SDRS.1373 400
DeH AZ and the DR site AZ of the protection group are different
The DeH AZ and the DR site AZ of the protection group are different.
Verify that the DeH AZ is the same as the DR site AZ of the protection group. For example, if the DR site AZ of the protection group is AZ1, ensure
  that the DeH AZ is AZ1.

SDRS.1374 400
Failed to create a DR site server of such specifications on a DeH
Failed to create a DR site server of such specifications on a DeH.
Use the supported specifications setting.

SDRS.1375 400
Failed to create a DR site server on the DeH because the production site server belongs to an ECS group
Failed to create a DR site server on the DeH because the production site server belongs to an ECS group.
Remove the production site server from the ECS group and try again.

SDRS.1376 400
Failed to modify the specifications because the servers of the protected instance are billed in yearly/monthly mode
Failed to modify the specifications because the servers of the protected instance are billed in yearly/monthly mode.
Delete the protected instance and then change the server specifications.

SDRS.1377 400
Failed to modify the specifications because the protected instance does not have a replication pair containing system disks attached
Failed to modify the specifications because the protected instance is not attached with a replication pair consisting of system disks.
Attach a replication pair consisting of system disks to the protected instance and then try again.

SDRS.1378 400
Failed to modify the specifications of the production site server to the current ones
Failed to modify the specifications of the production site server to the current one.
Use the supported specifications setting.

SDRS.1379 400
Failed to modify the specifications of the DR site server to the current ones
Failed to modify the specifications of the DR site server to the current one.
Use the supported specifications setting.

SDRS.1380 400
primary_subnet_id must be specified when primary_ip_address is specified
primary_subnet_id must be specified if primary_ip_address is specified.
Specify primary_subnet_id and try again.

SDRS.1381 400
DSS storage pool ID not exist
The DSS storage pool ID does not exist.
Use an available DSS storage pool ID.

SDRS.1382 400
DR site not support DSS
The DR site does not support DSS.
Delete the DSS storage pool ID and try again.

SDRS.1383 400
DSS storage pool AZ and the DR site AZ of the protection group are different
The DSS storage pool AZ and the DR site AZ of the protection group are different.
Verify that the DSS storage pool AZ is the same as the DR site AZ of the protection group. For example, if the DR site AZ of the protection group is
  AZ1, ensure that the DSS storage pool AZ is AZ1.

SDRS.1384 400
DSS storage pool is being deployed and cannot be used
DSS storage pool is being deployed and cannot be used.
Wait until the DSS storage pool deployment succeeded and try again.

SDRS.1385 400
Insufficient capacity of the DSS storage pool
The DSS storage pool capacity is not enough.
Expand the DSS storage pool or select another pool with enough capacity.

SDRS.1386 400
Storage type of the DSS storage pool is different from the disk type of the production site
The DSS storage pool type is different from the disk type of the production site.
Select a DSS storage pool with the storage type same as the disk type of the production site.

SDRS.1408 400
A server with the shared disk attached is not in the server list for which the protected instances are to be protected
A server with the shared disk attached is not in the server list available for creating protected instances.
Check the attachment information of the shared disk and ensure that all the servers with the shared disk attached are in the list.

SDRS.1409 400
A protected instance with the shared replication pair attached is not in the deletion list
A protected instance with the shared replication pair attached is not in the protected instance list available for deletion.
Check the attachment information of the replication pair and ensure that all the protected instances with the shared replication pair attached are in
  the list.

SDRS.1601 400
Replication pair status not available
The replication pair status is not available.
Perform this operation in the correct state and be clear about the operation restrictions.

SDRS.1603 400
Replication pair attached or device name used to attach to a disk
The replication pair has been attached, or the device name has been used.
Use an available replication pair or device name.

SDRS.1604 400
Replication pair not attached
The replication pair is not attached.
Check the replication pair attachment status and be clear about the operation constraints.

SDRS.1605 400
Replication pair attached
The replication pair has been attached.
Check the replication pair attachment status and be clear about the operation constraints.

SDRS.1606 400
Failed to create the replication pair and status being error
The replication pair failed to be created and its status is error.
Contact customer service.

SDRS.1607 400
Failed to delete the replication pair
The replication pair failed to be deleted and its status is error-deleting.
Contact customer service.

SDRS.1608 400
Replication pair not found
The replication pair is not found.
Use an available replication pair.

SDRS.1609 400 retryable
Replication pair creation failure
Failed to create the replication pair.
Try again. If the fault persists, contact customer service.

SDRS.1610 400 retryable
Replication pair update failure
Failed to update the replication pair.
Try again. If the fault persists, contact customer service.

SDRS.1611 400
Replication pair not in the protection group
The replication pair is not in the protection group.
Use an available protection group.

SDRS.1801 400
Disk status not available
The disk status is not available.
Perform this operation in the correct state and be clear about the operation restrictions.

SDRS.1802 400
Disk encrypted
The disk is an encrypted disk.
Check whether the disk is an encrypted disk. An encrypted disk cannot be used to create a replication pair.

SDRS.1803 400
Null disk
The disk is null.
Use a correct disk.

SDRS.1804 400
Disk not attached
The disk is not attached.
Check whether the disk is attached.

SDRS.1805 400
Disk not used for creating replication pair
The disk is not used for creating a replication pair.
Check whether the disk is used for creating a replication pair.

SDRS.1806 400
Operation not allowed by disk type
The disk type does not allow this operation.
Check the disk type and ensure that you use a correct disk type.

SDRS.1807 400 retryable
Disks failed to be attached to the server
Disks failed to be attached to the server.
Try again. If the fault persists, contact customer service.

SDRS.1808 400 retryable
Disks failed to be detached from the server
Disks failed to be detached from the server.
Try again. If the fault persists, contact customer service.

SDRS.1809 400
Operation not allowed because the current production site of the replication pair is the DR site specified when the protection group is created
This operation cannot be performed because the current production site of the replication pair is the DR site specified when the protection group was
  created.
Perform a planned failback or failback, and then try again.

SDRS.1810 400
Current production site AZ of the disk different from that of the protection group
The current production site AZ of the disk is different from that of the protection group.
Select a disk with its production site AZ same as that of the protection group, and then try again.

SDRS.1811 400
Disk already used by a replication pair
The disk has been used by a replication pair.
Select a disk not used by a replication pair, and then try again.

SDRS.1812 400 retryable
Failed to create the disk
Failed to create the disk.
Try again. If the fault persists, contact customer service.

SDRS.1813 400 retryable
Failed to delete the disk
Failed to delete the disk.
Try again. If the fault persists, contact customer service.

SDRS.1814 400 retryable
Disk size is different
Disk sizes are different.
Try again. If the fault persists, contact customer service.

SDRS.1816 400
Operation cannot be performed because the disk of the replication pair is not in the available state
The replication pair capacity cannot be expanded because the disks on the replication pair are not in the available state.
If the replication pair has been attached to a protected instance, detach the replication pair first. If the problem persists, contact customer
  service.

SDRS.1817 400 retryable
Operation cannot be performed because the disk of the replication pair is not in the available or in-use state
The replication pair capacity cannot be expanded because the disks of the replication pair are not in the available or in-use state.
Try again. If the fault persists, contact customer service.

SDRS.1818 400
This operation cannot be performed because the shared disks of the replication pair are not in the Available state
The replication pair capacity cannot be expanded because the shared disks of the replication pair are not in the available state.
If the replication pair has been attached to a protected instance, detach the replication pair first. If the problem persists, contact customer
  service.

SDRS.1819 400
Replication pair capacity cannot be expanded because the billing mode for the disks of the replication pair is yearly/monthly
The replication pair capacity cannot be expanded because the billing mode for the disks of the replication pair is yearly/monthly.
Delete the replication pair, expand the production site disk, and then use the disk to create a new replication pair.

SDRS.1820 400 retryable
Failed to expand the capacity
Failed to expand the capacity of the replication pair.
Try again. If the fault persists, contact customer service.

SDRS.1821 400 retryable
Failed to attach the replication pair
Failed to attach the replication pair.
Try again. If the fault persists, contact customer service.

SDRS.1822 400 retryable
Failed to detach the replication pair
Failed to detach the replication pair.
Try again. If the fault persists, contact customer service.

SDRS.1823 400
Operation not allowed due to a system error
This operation cannot be performed due to a system error.
Perform a failover or contact customer service.

SDRS.1824 400
Operation not allowed due to a system error
This operation cannot be performed due to a system error.
Contact customer service.

SDRS.1825 400
Disk already used in a DR drill
The disk is already used in a DR drill.
Use an available disk.

SDRS.1826 400
Replication pairs not attached to protected instances to the upper limit
The number of replication pairs that are not attached to any protected instances reaches the upper limit.
Delete replication pairs that are not attached to any protected instance, or attach them and then create new replication pairs. If the fault persists,
  contact customer service.

SDRS.1827 400
DR site disk in replication pair cannot be deleted because the billing mode for the disk is yearly/monthly
The billing mode of the DR site disk in the replication pair is yearly/monthly. Therefore, the DR site disk cannot be deleted when you delete the
  replication pair.
Do not select Delete DR site disk when deleting the replication pair. If the fault persists, contact customer service.

SDRS.1828 400
Failed to delete the DR site disk in the replication pair because the current account is frozen
Failed to delete the DR site disk in the replication pair because the current account is frozen.
Do not select Delete DR site disk, or wait until your account is unfrozen and then perform the operation.

SDRS.1830 400
Operation not allowed because replication pairs in this protection group are synchronizing data
This operation cannot be performed because replication pairs in this protection group are synchronizing data.
Wait until the synchronization of all replication pairs in the protection group is complete and then perform the operation.

SDRS.1831 400
Disk locked
The disk is locked.
Check whether the disk is locked. If so, wait until the disk is unlocked and then perform the operation.

SDRS.1832 400
Failed to expand the capacity because a disk in the replication pair is locked
Failed to expand the capacity because a disk in the replication pair is locked.
Check whether the disk is locked. If so, wait until the disk is unlocked and then perform the operation.

SDRS.1900 400
Invalid DR drill ID
The DR drill ID is invalid.
Use a valid DR drill ID.

SDRS.1901 400
Null or empty DR drill ID
The DR drill ID is null or empty.
Use a valid DR drill ID.

SDRS.1902 400
DR drill not found
The DR drill is not found.
Use an available DR drill.

SDRS.1904 500
Snapshot not found
The snapshot is not found.
Use an available snapshot.

SDRS.1905 500
Failed to create a volume using the snapshot
Failed to create a disk using the snapshot.
Contact customer service.

SDRS.1906 500
Failed to delete the snapshot
Failed to delete the snapshot.
Contact customer service.

SDRS.1907 400
Drill VPC conflicts with the VPC of the protection group
The drill VPC conflicts with the VPC of the protection group.
Use a correct drill VPC.

SDRS.1908 400
Drill VPC not have a subnet
The drill VPC does not have a subnet.
Use a correct VPC or create a subnet same as that in the VPC of the protection group. If the fault persists, contact customer service.

SDRS.1909 400
Drill VPC not have the CIDR block
The drill VPC does not have the CIDR block.
Ensure that the drill VPC has the same CIDR block with the VPC of the protection group. If the fault persists, contact customer service.

SDRS.1910 400
IP addresses in the drill VPC conflict
The IP addresses in the drill VPC conflict.
Contact customer service.

SDRS.1911 400
Null or empty NIC
The NIC is null or empty.
Contact customer service.

SDRS.1912 500
Failed to create the drill NIC
Failed to create the drill NIC.
Contact customer service.

SDRS.1913 400
DR drill deletion not allowed in the current state
The DR drill cannot be deleted in the current state.
Perform this operation in the correct state and be clear about the operation restrictions.

SDRS.1914 500
Drill server record not found
The drill server record is not found.
Contact customer service.

SDRS.1915 500
Drill storage record not found
The drill storage record is not found.
Contact customer service.

SDRS.1916 500
Invalid snapshot ID
The snapshot ID is invalid.
Contact customer service.

SDRS.1917 500
Drill NIC record not found
The drill NIC record is not found.
Contact customer service.

SDRS.1918 500
Failed to delete the drill NIC
Failed to delete the drill NIC.
Contact customer service.

SDRS.1919 500
Failed to query the attachment information of the drill server
Failed to query the attachment information of the drill server.
Contact customer service.

SDRS.1920 500
Null attachment information of the replication pair for creating the DR drill
The attachment information of the replication pair for creating the DR drill is null.
Contact customer service.

SDRS.1921 400
Drill VPC is already used for creating a DR drill
The drill VPC is already used for creating a DR drill.
Use another available drill VPC.

SDRS.1922 400 retryable
Failed to create the DR drill
Failed to create the DR drill.
Try again. If the fault persists, contact customer service.

SDRS.1923 400 retryable
Failed to delete the DR drill
Failed to delete the DR drill.
Try again. If the fault persists, contact customer service.

SDRS.1924 400
DR site VPC not have a subnet
The DR site VPC does not have a subnet.
Contact customer service.

SDRS.1925 400 retryable
Failed to create the drill VPC
Failed to create the drill VPC.
Try again. If the fault persists, contact customer service.

SDRS.1926 400 retryable
Failed to create the subnet in the drill VPC
Failed to create the subnet in the drill VPC.
Try again. If the fault persists, contact customer service.

SDRS.1927 400 retryable
Failed to delete the subnet in the drill VPC
Failed to delete the subnet in the drill VPC.
Try again. If the fault persists, contact customer service.

SDRS.1928 400
Failed to find the VPC
Failed to find the VPC.
Contact customer service.

SDRS.1929 400
Insufficient VPC quota
The VPC quota is insufficient.
Delete unused VPCs or contact customer service to increase the VPC quota.

SDRS.1930 400
Insufficient subnet quota
The subnet quota is insufficient.
Delete unused subnets or customer service to increase the subnet quota.

SDRS.2201 400
action only create or delete
action can be set to create or delete only.
Enter the correct parameter value and then try again.

SDRS.2202 400
Empty tag list
The tag list is empty.
Enter the correct parameter value and then try again.

SDRS.2203 400
Number of tags exceeds the upper limit
The number of tags exceeds the upper limit.
Enter the correct parameter value and then try again.

SDRS.2204 400
Invalid tag key
The tag key is invalid.
Enter the correct parameter value and then try again.

SDRS.2205 400
Tag key is blank or an empty string
The tag key is left blank or an empty string.
Enter the correct parameter value and then try again.

SDRS.2206 404
Specified tag key is not found
The specified tag key is not found.
Enter the correct parameter value and then try again.

SDRS.2207 400
Invalid tag value
The tag value is invalid.
Enter the correct parameter value and then try again.

SDRS.2208 400
Null tag value
The tag value is null.
Enter the correct parameter value and then try again.

SDRS.2209 400
Tag parameter contains duplicate keys
Tags contain duplicate keys.
Enter the correct parameter value and then try again.

SDRS.2210 400
action can be set to only filter or count
action can be set to filter or count only.
Enter the correct parameter value and then try again.

SDRS.2211 400
limit and offset are not supported when action is set to count
limit and offset are not supported if action is set to count.
Enter the correct parameter value and then try again.

SDRS.2212 400
Empty matches parameter
The matches parameter is left blank.
Enter the correct parameter value and then try again.

SDRS.2213 400
Empty key in the matches parameter
The key in the matches parameter is left blank.
Enter the correct parameter value and then try again.

SDRS.2214 400
Invalid key in the matches parameter
The key in the matches parameter is invalid.
Enter the correct parameter value and then try again.

SDRS.2215 400
Duplicate keys in the matches parameter
The matches parameter contains duplicate keys.
Enter the correct parameter value and then try again.

SDRS.2216 400
Null value in the matches parameter
The value in the matches parameter is null.
Enter the correct parameter value and then try again.

SDRS.2217 400
Invalid value in the matches parameter
The value in the matches parameter is invalid.
Enter the correct parameter value and then try again.

SDRS.2218 400
Number of values exceeds the upper limit
The number of values exceeds the upper limit.
Enter the correct parameter value and then try again.

SDRS.2219 400
Value list of the same key has duplicate values
Duplicate values exist for the same key.
Enter the correct parameter value and then try again.

SDRS.2220 400
Minimum and maximum values of limit are 1 and 1000 respectively
Minimum and maximum values of limit are 1 and 1000 respectively.
Enter the correct parameter value and then try again.

SDRS.2221 400
Tag adding not allowed in the current protected instance state
Tags cannot be added to the protected instance in the current state.
Ensure that the protected instance is normal and then try again.

SDRS.2222 400
Tag deleting not allowed in the current protected instance state
Tag cannot be deleted for the protected instance in the current state.
Ensure that the protected instance is normal and then try again.
"""


def _parse() -> dict[str, tuple]:
    codes = {}
    for record in _TABLE.strip().split("\n\n"):
        head, message, description, remedy = record.replace("\n  ", " ").split("\n")
        code, status, *retryable = head.split()
        codes[code] = (int(status), message, description, remedy, bool(retryable))
    return codes


CODES = _parse()
