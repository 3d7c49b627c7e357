#!/bin/sh
# Makes a role of its own on a PostgreSQL server, with its password, and a database and a schema for it. PUBLIC loses
# what it may do there. A second run finds what the first one made, so that a run may be killed anywhere, or meet another.
# Needs sh, coreutils, sed, setsid and psql 15 or later, as the official postgres image has them, and writes no file.
#
# No password is on a command line, in the environment, on a disk or in the server's log. psql asks its terminal for
# passwords or, where it has none, its standard input: setsid sees to it that there is none. Its \password sends the
# server a SCRAM verifier, by which nobody can log in. A statement with the password itself would be in the log of a
# server that logs statements: only a superuser can turn that off, and no cloud gives one.
set -eu

: "${PGHOST:?}" "${PGUSER:?}" "${PGSSLMODE:?}" "${ADMIN_PASSWORD_FILE:?}" "${ROLE_PASSWORD_FILE:?}"
: "${DATABASE:?}" "${SCHEMA:?}" "${ROLE:?}"
ATTEMPTS=${ATTEMPTS:-30}
RETRY=${RETRY:-10}
export PGCONNECT_TIMEOUT="${PGCONNECT_TIMEOUT:-10}" LC_ALL=C

say() {
  echo "postgres-role: $*"
}

fail() {
  say "$*" >&2
  exit 1
}

check_password() {
  [ -s "$1" ] || fail "the password file $1 is missing or empty."
  case $(cat "$1") in
  '' | *"
"*) fail "the password file $1 is not one line." ;;
  esac
}

password() {
  IFS= read -r line <"$1" || :
  printf '%s\n' "$line"
}

# Runs in the database $2 what the function $1 writes, until the server takes it to its end. psql asks for the first
# line, and ends with 2 where it has no connection or lost it. What it says is said only where it failed, without what
# it asks.
session() {
  attempt=1
  while :; do
    status=0
    said=$("$1" | PGDATABASE=$2 setsid psql --no-psqlrc --quiet --tuples-only --password --set=ON_ERROR_STOP=1 \
      --set=SHOW_CONTEXT=never --set=role="$ROLE" --set=database="$DATABASE" --set=schema="$SCHEMA" --file=- 2>&1) ||
      status=$?
    [ "$status" -ne 0 ] || return 0
    said=$(printf '%s\n' "$said" | sed '/^Password.*: $/d; /^Enter .*: $/d; /^ *$/d' |
      paste -sd ' ' - | sed 's/\.\{0,1\}$/./')
    [ "$status" -eq 2 ] || fail "$1 failed on $PGHOST: $said"
    [ "$attempt" -lt "$ATTEMPTS" ] || fail "$1 failed on $PGHOST after $attempt attempts: $said"
    say "$1 waits for $PGHOST: $said"
    attempt=$((attempt + 1))
    sleep "$RETRY"
  done
}

# One run at a time is in a database, as locks are of a database. A client that went without a word must not hold the
# lock for the hours that TCP takes to see it.
as_admin() {
  password "$ADMIN_PASSWORD_FILE"
  cat <<'SQL'
SET client_min_messages = warning;
SET idle_session_timeout = '60s';
SET idle_in_transaction_session_timeout = '60s';
SET lock_timeout = '300s';
SELECT pg_advisory_lock(hashtext('nodeyard postgres-role'));
SQL
}

# The owner of the database is the admin: what owns a database may drop it.
make_role() {
  as_admin
  cat <<'SQL'
SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
ALTER ROLE :"role" LOGIN NOCREATEDB NOCREATEROLE;
SET password_encryption = 'scram-sha-256';
\password :"role"
SQL
  password "$ROLE_PASSWORD_FILE"
  password "$ROLE_PASSWORD_FILE"
  cat <<'SQL'
SELECT format('CREATE DATABASE %I TEMPLATE template0', :'database')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"database" TO :"role";
SQL
}

# Only a member of a role can give it a schema, and from PostgreSQL 16 on only with SET: the admin is one for the time of
# the transaction, and reads nothing of the role's afterwards.
make_schema() {
  as_admin
  cat <<'SQL'
BEGIN;
SELECT 'REVOKE ALL ON SCHEMA public FROM PUBLIC' WHERE EXISTS (SELECT FROM pg_namespace WHERE nspname = 'public') \gexec
SELECT NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = :'schema') AS missing \gset
\if :missing
  SELECT current_setting('server_version_num')::int >= 160000 AS has_set \gset
  \if :has_set
    GRANT :"role" TO CURRENT_USER WITH SET TRUE;
  \else
    GRANT :"role" TO CURRENT_USER;
  \endif
  CREATE SCHEMA :"schema" AUTHORIZATION :"role";
  REVOKE :"role" FROM CURRENT_USER;
\endif
ALTER ROLE :"role" IN DATABASE :"database" SET search_path = :"schema";
COMMIT;
SELECT has_database_privilege('public', current_database(), 'CONNECT, TEMPORARY') OR EXISTS (
  SELECT FROM pg_namespace WHERE nspname = 'public' AND has_schema_privilege('public', oid, 'CREATE, USAGE')
) AS open \gset
\if :open
  DO 'BEGIN RAISE EXCEPTION $$PUBLIC has rights on the database or its schema public that the admin cannot revoke.$$; END';
\endif
SELECT pg_get_userbyid(nspowner) <> :'role' AS foreign FROM pg_namespace WHERE nspname = :'schema' \gset
\if :foreign
  DO 'BEGIN RAISE EXCEPTION $$The schema belongs to another role.$$; END';
\endif
SQL
}

# As the role itself, whose password this proves.
log_in() {
  password "$ROLE_PASSWORD_FILE"
  cat <<'SQL'
SELECT current_schema() IS DISTINCT FROM :'schema' AS elsewhere \gset
\if :elsewhere
  DO 'BEGIN RAISE EXCEPTION $$The role does not stand in its schema.$$; END';
\endif
SQL
}

check_password "$ADMIN_PASSWORD_FILE"
check_password "$ROLE_PASSWORD_FILE"
[ "$ROLE" != "$PGUSER" ] || fail "the role $ROLE is the admin."

session make_role "${PGDATABASE:-postgres}"
session make_schema "$DATABASE"
PGUSER=$ROLE
session log_in "$DATABASE"
say "$ROLE has the schema $SCHEMA in the database $DATABASE on $PGHOST."
