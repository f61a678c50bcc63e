#!/usr/bin/env bash
# A login role per service, each the owner of its own database. The database container runs this on an empty volume; run
# again after an upgrade it adds those of services that are new. Ordinary roles, not superusers, so that row-level
# security binds them.
set -euo pipefail

create() {
  psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    -v name="$1" -v password="$2" <<'SQL'
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', :'name', :'password')
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING %L LOCALE %L', :'name', :'name', 'UTF8', 'C.UTF-8')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
}

create referral_api "$REFERRAL_API_PASSWORD"
create climate_survey_api "$CLIMATE_SURVEY_API_PASSWORD"
create training_registry "$TRAINING_REGISTRY_PASSWORD"
create reporting "$REPORTING_PASSWORD"
