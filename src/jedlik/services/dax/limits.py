"""Quotas of DAX (developer guide, "Service, account, and table quotas", section DAX)."""

NODES_PER_CLUSTER_MAX = 11
"""One primary and up to ten replicas."""
NODES_PER_REGION_MAX = 50
PARAMETER_GROUPS_MAX = 20
"""Besides the default one."""
SUBNET_GROUPS_MAX = 50
SUBNETS_PER_GROUP_MAX = 20
TAGS_MAX = 50

CLUSTER_NAME_LENGTH_MAX = 20
PAGE_MIN = 20
PAGE_MAX = 100
"""Bounds of MaxResults, which is PAGE_MAX where a request names none (API reference)."""

EVENTS_DEFAULT_S = 24 * 3600
EVENTS_KEPT_S = 14 * 24 * 3600
"""What DescribeEvents shows by default, and at most (API reference, DescribeEvents)."""
