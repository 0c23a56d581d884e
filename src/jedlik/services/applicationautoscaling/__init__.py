"""Application Auto Scaling, API version 2016-02-06, for DynamoDB's tables and indexes.

A file per operation. `tracking.py` decides how much capacity a target needs, `schedules.py` when a
scheduled action is due, `records.py` keeps everything; `workers/scaling.py` does it, called by
CloudWatch's alarms and by the clock.
"""
