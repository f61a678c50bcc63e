#!/usr/bin/env bash
# Run once by the database container on an empty volume: a login role per service, each the owner of its own database.
# Ordinary roles, not superusers, so that row-level security binds them.
set -euo pipefail

create() {
  psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    -v name="$1" -v password="$2" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
}

create referral_api "$REFERRAL_API_PASSWORD"
create reporting "$REPORTING_PASSWORD"
