"""Functions of Athena that DuckDB does not have by name, as macros.

`sql/functions.py` calls those that begin with "jd_" instead of functions of which DuckDB has
another notion.
"""

from __future__ import annotations

_MACROS = {
    "map_agg(k, v)": "map(list(k), list(v))",
    "jd_json_extract(j, p)": "CASE WHEN json_valid(j) THEN json_extract(j, p) END",
    "jd_json_scalar(j, p)": (
        "CASE WHEN NOT json_valid(j) OR json_type(j, p) IN ('OBJECT', 'ARRAY', 'NULL') THEN NULL "
        "ELSE json_extract_string(j, p) END"
    ),
    "jd_json_query(j, p)": (
        "CASE WHEN json_valid(j) AND json_type(j, p) IN ('OBJECT', 'ARRAY') "
        "THEN CAST(json_extract(j, p) AS VARCHAR) END"
    ),
    "jd_json_exists(j, p)": "CASE WHEN json_valid(j) THEN json_exists(j, p) ELSE false END",
    "json_size(j, p)": (
        "CASE json_type(j, p) WHEN 'OBJECT' THEN len(json_keys(j, p)) "
        "WHEN 'ARRAY' THEN json_array_length(j, p) ELSE 0 END"
    ),
    "json_array_get(j, i)": "json_extract(j, CAST(i AS BIGINT))",
    "json_array_contains(j, x)": (
        "list_contains(json_extract_string(j, '$[*]'), CAST(x AS VARCHAR))"
    ),
    "jd_regexp_extract(s, p, g)": (
        "CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p, g) END"
    ),
    "jd_slice(a, s, n)": (
        "CASE WHEN s > 0 THEN list_slice(a, s, s + n - 1) "
        "ELSE list_slice(a, len(a) + s + 1, len(a) + s + n) END"
    ),
    "jd_split(s, d, n)": (
        "CASE WHEN len(str_split(s, d)) <= n THEN str_split(s, d) ELSE "
        "list_append(list_slice(str_split(s, d), 1, n - 1), "
        "array_to_string(list_slice(str_split(s, d), n, len(str_split(s, d))), d)) END"
    ),
    "jd_array_join(a, d, n)": (
        "array_to_string(list_transform(a, lambda x: coalesce(CAST(x AS VARCHAR), n)), d)"
    ),
    "str_to_map(s, e, k)": (
        "map_from_entries(list_transform(str_split(s, e), "
        "lambda x: {'key': split_part(x, k, 1), 'value': split_part(x, k, 2)}))"
    ),
    "to_iso8601(t)": (
        "CASE typeof(t) WHEN 'DATE' THEN strftime(t, '%Y-%m-%d') "
        "WHEN 'TIMESTAMP WITH TIME ZONE' THEN strftime(t, '%Y-%m-%dT%H:%M:%S.%gZ') "
        "ELSE strftime(t, '%Y-%m-%dT%H:%M:%S.%g') END"
    ),
    "at_timezone(t, z)": "timezone(z, t)",
    "with_timezone(t, z)": "timezone(z, t)",
    "from_iso8601_timestamp_nanos(t)": "CAST(t AS TIMESTAMPTZ)",
    "from_unixtime_nanos(n)": "to_timestamp(n / 1000000000.0)",
    "year_of_week(d)": "isoyear(d)",
    "yow(d)": "isoyear(d)",
    "milliseconds(t)": "millisecond(t) % 1000",
    "infinity()": "CAST('Infinity' AS DOUBLE)",
    "nan()": "CAST('NaN' AS DOUBLE)",
    "is_finite(x)": "isfinite(x)",
    "is_infinite(x)": "isinf(x)",
    "codepoint(s)": "unicode(s)",
    "e()": "exp(1.0)",
    "cosine_distance(a, b)": "list_cosine_distance(a, b)",
    "width_bucket(x, low, high, n)": (
        "CASE WHEN x < low THEN 0 WHEN x >= high THEN n + 1 "
        "ELSE CAST(floor((x - low) * n / (high - low)) AS BIGINT) + 1 END"
    ),
    "array_remove(a, v)": "list_filter(a, lambda x: x IS DISTINCT FROM v)",
    "arrays_overlap(a, b)": "list_has_any(a, b)",
    "array_union(a, b)": "list_distinct(list_concat(a, b))",
    "array_sum(a)": "list_sum(a)",
    "array_average(a)": "list_avg(a)",
    "array_first(a)": "a[1]",
    "array_last(a)": "a[-1]",
    "array_sort_desc(a)": "list_reverse_sort(a)",
    "jd_repeat(x, n)": "list_transform(range(n), lambda i: x)",
    "geometric_mean(x)": "exp(avg(ln(x)))",
    "url_extract_protocol(u)": "nullif(regexp_extract(u, '^([A-Za-z][A-Za-z0-9+.-]*):', 1), '')",
    "url_extract_host(u)": (
        "nullif(regexp_extract(u, '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:]*)', 1), '')"
    ),
    "url_extract_port(u)": (
        "TRY_CAST(nullif(regexp_extract(u, '^[^/]*//[^/?#]*:([0-9]+)', 1), '') AS BIGINT)"
    ),
    "url_extract_path(u)": "regexp_extract(u, '^[^/]*//[^/?#]*([^?#]*)', 1)",
    "url_extract_query(u)": "regexp_extract(u, '\\?([^#]*)', 1)",
    "url_extract_fragment(u)": "regexp_extract(u, '#(.*)$', 1)",
    "url_extract_parameter(u, p)": (
        "nullif(url_decode(regexp_extract(u, '[?&]' || p || '=([^&#]*)', 1)), '')"
    ),
    "jd_type_name(t)": (
        "CASE t WHEN 'float' THEN 'real' WHEN 'blob' THEN 'varbinary' WHEN 'hugeint' THEN 'bigint' "
        "WHEN 'time' THEN 'time(3)' WHEN 'timestamp' THEN 'timestamp(3)' "
        "WHEN 'timestamp with time zone' THEN 'timestamp(3) with time zone' "
        "WHEN '\"null\"' THEN 'unknown' ELSE "
        "regexp_replace(t, '^struct\\(', 'row(') END"
    ),
    "jd_typeof(x)": (
        "CASE WHEN ends_with(typeof(x), '[]') "
        "THEN 'array(' || jd_type_name(lower(regexp_replace(typeof(x), '\\[\\]$', ''))) || ')' "
        "ELSE jd_type_name(lower(typeof(x))) END"
    ),
    "jd_url_encode(t)": "replace(replace(url_encode(t), '%20', '+'), '~', '%7E')",
    "jd_strpos(s, p, n)": (
        "CASE WHEN len(str_split(s, p)) <= n THEN 0 "
        "ELSE len(array_to_string(list_slice(str_split(s, p), 1, n), p)) + 1 END"
    ),
    "regexp_position(s, p)": (
        "CASE WHEN regexp_matches(s, p) THEN strpos(s, regexp_extract(s, p)) ELSE -1 END"
    ),
    "trim_array(a, n)": "list_slice(a, 1, len(a) - n)",
    "current_timezone()": "'UTC'",
    "bitwise_not(x)": "~x",
    "bitwise_left_shift(x, n)": "x << n",
    "bitwise_right_shift(x, n)": "x >> n",
    "to_base64url(b)": "replace(replace(to_base64(b), '+', '-'), '/', '_')",
    "hamming_distance(a, b)": "hamming(a, b)",
    "date_of(t)": "CAST(t AS DATE)",
}
STATEMENTS = tuple(f"CREATE MACRO {name} AS {body}" for name, body in _MACROS.items())
