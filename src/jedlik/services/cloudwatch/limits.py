"""Limits of CloudWatch (user guide, "CloudWatch service quotas", and the API reference)."""

DATA_PER_REQUEST_MAX = 1000
"""MetricData of one PutMetricData."""
VALUES_PER_DATUM_MAX = 150
"""Values (and Counts) of one datum."""
VALUE_MAX = 2.0**360
"""Values are between -2^360 and 2^360."""
AGE_S_MAX = 14 * 24 * 3600
FUTURE_S_MAX = 2 * 3600
"""Timestamps are between two weeks back and two hours ahead."""
DIMENSIONS_MAX = 30

STATISTICS_POINTS_MAX = 1440
"""Data points in one answer of GetMetricStatistics."""
EXTENDED_STATISTICS_MAX = 10
QUERIES_MAX = 500
"""MetricDataQueries of one GetMetricData."""
POINTS_MAX = 100_800
"""Data points in one answer of GetMetricData."""
SEARCH_RESULTS_MAX = 100
"""Time series that one SEARCH finds."""
EXPRESSION_DEPTH_MAX = 50
POINTS_COMPUTED_MAX = 2_000_000
"""Data points that one GetMetricData may come across; ours."""
METRICS_PER_PAGE = 500
"""ListMetrics."""
LISTED_S = 14 * 24 * 3600
"""ListMetrics shows metrics with data in the past two weeks (API reference)."""
RECENTLY_ACTIVE_S = 3 * 3600

ALARMS_MAX = 5000
"""Alarms in an account and region."""
ALARM_ACTIONS_MAX = 5
ALARM_QUERIES_MAX = 20
RULE_ALARMS_MAX = 100
EVALUATED_S_MAX = 24 * 3600
"""Period times evaluation periods, for periods below an hour; seven days for longer ones."""
EVALUATED_LONG_S_MAX = 7 * 24 * 3600
HISTORY_S = 30 * 24 * 3600
"""How long alarm history is kept."""
HISTORY_ITEMS_MAX = 2000
"""Items kept of one alarm; ours."""
DESCRIBED_DEFAULT = 50
DESCRIBED_MAX = 100
"""Alarms, or items of history, in one answer."""

DASHBOARDS_MAX = 500
"""Dashboards in an account."""
DASHBOARD_BODY_MAX = 1 << 20
DASHBOARDS_PER_PAGE = 1000
TAGS_MAX = 50

INSIGHT_RULES_MAX = 100
"""Rules of clients in an account and region; DynamoDB's are not counted here."""
INSIGHT_RULES_PER_PAGE = 500
CONTRIBUTORS_DEFAULT = 10
CONTRIBUTORS_MAX = 100
"""Contributors of one report, in CloudWatch's API reference. DynamoDB's developer guide promises
25 of its rules; here there are as many as elsewhere."""
REPORT_S_MAX = 24 * 3600
"""How long one report may reach, and what is kept here of the past."""
