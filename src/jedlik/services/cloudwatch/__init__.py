"""Amazon CloudWatch, API version 2010-08-01: metrics, alarms, dashboards.

Spoken as JSON, as forms (query) and as CBOR; a file per operation. `tables/measurements.py` keeps
the metrics, `records.py` alarms and dashboards; `alarm_states.py` judges an alarm,
`expressions.py` and `metric_math.py` calculate, with `operands.py`. `workers/alarms.py` evaluates.
"""

from .alarm_data import check_metric, points_of
from .owned import OwnedAlarms
from .records import AlarmRecord

__all__ = ["AlarmRecord", "OwnedAlarms", "check_metric", "points_of"]
