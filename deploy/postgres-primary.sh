#!/bin/bash
# Run once by the image's entrypoint when the primary's folder is new: roles, and who may connect.
set -euo pipefail
# No standby is there yet, so these commits must not wait for one.
export PGOPTIONS='-c synchronous_commit=local'
psql --set ON_ERROR_STOP=1 --quiet --username postgres --set replica="$REPLICATION_PASSWORD" \
    --set jedlik="$JEDLIK_PASSWORD" <<'SQL'
CREATE ROLE replica REPLICATION LOGIN PASSWORD :'replica';
CREATE ROLE jedlik LOGIN PASSWORD :'jedlik';
CREATE DATABASE jedlik OWNER jedlik;
SQL
echo 'host replication replica all scram-sha-256' >> "$PGDATA/pg_hba.conf"
