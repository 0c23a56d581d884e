#!/bin/bash
# A standby named $NAME of the server $PRIMARY: copied at its first start, following ever after.
set -euo pipefail
data=${PGDATA:-/var/lib/postgresql/data}
mkdir -p "$data"
if [ ! -s "$data/PG_VERSION" ]; then
    find "$data" -mindepth 1 -delete # an earlier copy that was not finished
    chmod 700 "$data"
    pg_basebackup --wal-method=stream --checkpoint=fast --write-recovery-conf --pgdata "$data" \
        --dbname "host=$PRIMARY port=${PRIMARY_PORT:-5432} user=replica password=$REPLICATION_PASSWORD application_name=$NAME"
fi
exec postgres -D "$data" -c max_connections=200 "$@"
