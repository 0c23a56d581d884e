"""Limits of Application Auto Scaling (user guide, "Quotas"; API reference)."""

TARGETS_MAX = 5000
"""Scalable targets of DynamoDB in a region."""
POLICIES_PER_TARGET_MAX = 50
SCHEDULED_PER_TARGET_MAX = 200
PAGE_MAX = 50
"""MaxResults, and what a page has without it."""
CAPACITY_MAX = 1_000_000_000
"""Bound of MinCapacity and MaxCapacity; ours."""
TARGET_PERCENT_MIN, TARGET_PERCENT_MAX = 20, 90
"""Target utilization of DynamoDB's predefined metrics (developer guide, "Managing throughput
capacity automatically with DynamoDB auto scaling")."""
ACTIVITIES_S = 42 * 24 * 3600
"""Scaling activities are shown for six weeks."""
ACTIVITIES_MAX = 1000
"""Activities kept of one target; ours."""
TAGS_MAX = 50
"""Of a scalable target; AWS's quota."""
