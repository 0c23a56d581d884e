"""Limits of S3, each with its unit. Source: Amazon S3 user guide, "Amazon S3 multipart upload
limits", "Bucket quotas, limitations, and restrictions", "Working with object metadata"."""

from __future__ import annotations

KEY_BYTES_MAX = 1024
PUT_BYTES_MAX = 5 << 30
COPY_BYTES_MAX = 5 << 30
OBJECT_BYTES_MAX = 50 << 40
PART_BYTES_MIN = 5 << 20  # all but the last
PART_BYTES_MAX = 5 << 30
PARTS_MAX = 10_000
METADATA_BYTES_MAX = 2048
OBJECT_TAGS_MAX = 10
BUCKET_TAGS_MAX = 50
TAG_KEY_MAX = 128  # characters
TAG_VALUE_MAX = 256
LIST_MAX = 1000  # keys, versions, uploads or parts of one answer
DELETE_MAX = 1000  # keys of one DeleteObjects
BUCKETS_MAX = 10_000  # of an account
POLICY_BYTES_MAX = 20 * 1024
CORS_RULES_MAX = 100
LIFECYCLE_RULES_MAX = 1000
