# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - python >= 3.10
  - requests
  - PyYAML, if O(cloud) is used
notes:
  - An option overrides the entry that O(cloud) names, and that entry overrides the environment.
  - >-
    Two complete kinds of credentials given as options are an error. Within any other single source, O(ecs_agency) is preferred to access keys,
    access keys to a password, and a password to a token. E(OS_AUTH_TYPE), and C(auth_type) in an entry of C(clouds.yaml), choose between password and token.
options:
  region:
    description:
      - The region, for example V(eu-de). It is part of the host names of endpoints, so it may contain only letters, digits and V(-).
      - Defaults to the region that O(project_name) begins with, if Huawei Cloud or Open Telekom Cloud publishes that region, as in V(eu-de_erp).
      - "Environment, first found wins: E(SDRS_REGION), E(HW_REGION_NAME), E(OS_REGION_NAME), E(OS_REGION), E(ANSIBLE_HWC_REGION)."
    type: str
  cloud_domain:
    description:
      - The DNS domain of the cloud. Endpoints are C(https://SERVICE.REGION.CLOUD_DOMAIN); with a token obtained by password, the
        service catalogue takes precedence, and a warning names its hosts that are outside this domain and outside the domain of the identity service.
      - >-
        Defaults to V(otc.t-systems.com) in the regions V(eu-de) and V(eu-nl), V(sc.otc.t-systems.com) in V(eu-ch2), V(myhuaweicloud.eu) in regions
        that begin with V(eu-west-1), else to V(myhuaweicloud.com).
      - >-
        Open Telekom Cloud offers SDRS in V(eu-de) only. In its other regions, modules that need SDRS fail before any request is sent, unless O(endpoint),
        O(endpoints) or the service catalogue contains its URL.
      - "Environment: E(HW_CLOUD)."
    type: str
  cloud:
    description:
      - An entry of C(clouds.yaml) and C(secure.yaml), which are searched in the same places as by openstacksdk. The profile it names may be from
        C(clouds-public.yaml).
      - "Environment: E(OS_CLOUD); E(OS_CLIENT_CONFIG_FILE) names another file."
    type: str
  endpoint:
    description:
      - Base URL used for every service, for proxies, private clouds and the simulator.
      - Plain C(http) is only accepted for loopback addresses, for which no proxy is used. Credentials, a query or a fragment are refused.
      - "Environment: E(SDRS_ENDPOINT)."
    type: str
  endpoints:
    description:
      - Base URLs of single services, keys V(sdrs), V(iam), V(ecs), V(evs), V(vpc) and V(as). Overrides O(endpoint).
      - "Environment: E(SDRS_ENDPOINTS), as JSON; V(iam) alone also E(HW_AUTH_URL), E(OS_AUTH_URL)."
    type: dict
  project_id:
    description:
      - The ID of the project. If it is not set, it is looked up by O(project_name).
      - "Environment, first found wins: E(SDRS_PROJECT_ID), E(HW_PROJECT_ID), E(OS_PROJECT_ID), E(HUAWEICLOUD_SDK_PROJECT_ID)."
    type: str
  project_name:
    description:
      - Name of the project. Defaults to O(region).
      - "Environment, first found wins: E(HW_PROJECT_NAME), E(OS_PROJECT_NAME), E(OS_TENANT_NAME), E(ANSIBLE_HWC_PROJECT)."
    type: str
  access_key:
    description:
      - Access key, for signed requests.
      - "Environment, first found wins: E(HW_ACCESS_KEY), E(OS_ACCESS_KEY), E(HUAWEICLOUD_SDK_AK)."
    type: str
  secret_key:
    description:
      - Secret key that belongs to O(access_key).
      - "Environment, first found wins: E(HW_SECRET_KEY), E(OS_SECRET_KEY), E(HUAWEICLOUD_SDK_SK)."
    type: str
  security_token:
    description:
      - Security token of a temporary O(access_key).
      - "Environment, first found wins: E(HW_SECURITY_TOKEN), E(HUAWEICLOUD_SDK_SECURITY_TOKEN)."
    type: str
  username:
    description:
      - IAM user, for a token that is obtained and cached.
      - "Environment, first found wins: E(HW_USER_NAME), E(OS_USERNAME), E(ANSIBLE_HWC_USER)."
    type: str
  user_id:
    description:
      - ID of the IAM user. Required with O(passcode). Without O(username), it identifies the user, and no account is required.
      - "Environment, first found wins: E(HW_USER_ID), E(OS_USER_ID)."
    type: str
  password:
    description:
      - Password of O(username).
      - "Environment, first found wins: E(HW_USER_PASSWORD), E(OS_PASSWORD), E(ANSIBLE_HWC_PASSWORD)."
    type: str
  passcode:
    description:
      - Six-digit passcode of the user's virtual MFA device, if login protection requires it. It is valid for one login. The resulting token is cached, and
        used as
        long as the same passcode is given.
      - "Environment: E(OS_PASSCODE)."
    type: str
  domain_name:
    description:
      - Name of the account that O(username) belongs to.
      - "Environment, first found wins: E(HW_DOMAIN_NAME), E(OS_USER_DOMAIN_NAME), E(OS_DOMAIN_NAME), E(ANSIBLE_HWC_DOMAIN)."
    type: str
  domain_id:
    description:
      - ID of the account that O(username) belongs to. Not used if O(domain_name) comes from the same source.
      - "Environment, first found wins: E(HW_DOMAIN_ID), E(OS_USER_DOMAIN_ID), E(OS_DOMAIN_ID)."
    type: str
  auth_token:
    description:
      - An existing token. It cannot be renewed.
      - "Environment, first found wins: E(OS_AUTH_TOKEN), E(OS_TOKEN)."
    type: str
  agency_name:
    description:
      - Name of an agency to assume (V(assume_role)), which another account has created for the account of these credentials. O(project_id) and O(project_name)
        then belong to that other account. The user needs the role Agent Operator. Works with every kind of credentials.
      - "Environment, first found wins: E(HW_ASSUME_ROLE_AGENCY_NAME), E(OS_AGENCY_NAME)."
    type: str
  agency_domain_name:
    description:
      - Name of the account that created the agency O(agency_name).
      - "Environment, first found wins: E(HW_ASSUME_ROLE_DOMAIN_NAME), E(OS_AGENCY_DOMAIN_NAME)."
    type: str
  agency_domain_id:
    description:
      - ID of that account. Not used if O(agency_domain_name) comes from the same source.
      - "Environment, first found wins: E(HW_ASSUME_ROLE_DOMAIN_ID), E(OS_AGENCY_DOMAIN_ID)."
    type: str
  ecs_agency:
    description:
      - Whether to sign with temporary keys of the agency of the ECS that the task runs on. They come from its metadata service, which is
        queried only if this is set. They are replaced before they expire.
      - "Environment: E(SDRS_ECS_AGENCY), V(1) or V(true)."
    type: bool
  metadata_url:
    description:
      - Base URL of the metadata service for O(ecs_agency). Defaults to V(http://169.254.169.254). No proxy is used for link-local and loopback addresses, for
        which plain C(http) is accepted.
      - "Environment: E(SDRS_METADATA_URL)."
    type: str
  validate_certs:
    description:
      - Whether to verify the services' certificates. The default is V(true).
      - "Environment: E(SDRS_VALIDATE_CERTS)."
    type: bool
  ca_cert:
    description:
      - File with the CA certificates to trust.
      - "Environment: E(OS_CACERT)."
    type: path
  http_timeout:
    description:
      - Seconds to connect, and then to receive the whole response to a request, from 1 to 600.
      - A response larger than 16 MiB is refused.
    type: float
    default: 30.0
  max_retries:
    description:
      - How often a request is retried after a transient fault, such as a lost connection; from 0 to 100. A rejected signature or password is never
        retried. A writing request is retried only if it is known not to have taken effect.
      - Throttling (HTTP 429) does not count against it. Throttled requests are retried for 120 seconds, and a C(Retry-After) is obeyed up to 30 seconds.
    type: int
    default: 5
  token_cache:
    description:
      - Whether tokens and project IDs are cached between tasks, in files that only the user can read. The default is V(true).
      - "Environment: E(SDRS_TOKEN_CACHE), V(0) or V(false) for off."
    type: bool
  token_cache_dir:
    description:
      - Folder of the token cache. Defaults to C(cloud_dr.sdrs) in E(XDG_CACHE_HOME), or in C(~/.cache) if that is not set.
      - A folder is not used, with a warning, if it is a symbolic link, or if others can write to it or replace it.
      - "Environment: E(SDRS_TOKEN_CACHE_DIR)."
    type: path
  allow_unlocked:
    description:
      - Whether topologies, drills, and tasks that switch, stop or delete may run if the protection group cannot be locked against other runs of the same user.
        They are refused unless this is true; other tasks warn and continue.
      - Locks are files below E(XDG_RUNTIME_DIR) and E(XDG_STATE_HOME), or C(~/.local/state) if that is not set. A folder is not used for them if others can
        write to it or replace it. Set this only if no other run can be active, for example in a separate job container without a home folder.
      - "Environment: E(SDRS_ALLOW_UNLOCKED), V(1) or V(true)."
    type: bool
"""
