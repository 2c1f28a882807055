-- Why: one login role per scope, so that a handler that goes wrong, or SQL that slips in, can do no more than its scope.
-- Roles belong to the whole cluster while databases are many (tests make hundreds at once), so making one twice is fine.
-- docs/decisions/0004-database-roles.md tells why roles and not a variable in the session.

do $$
declare
    scope text;
begin
    foreach scope in array array[
        'curtain_credentials', 'curtain_patient', 'curtain_clinician', 'curtain_admin',
        'curtain_auditor', 'curtain_guest', 'curtain_worker'
    ] loop
        begin
            execute format(
                'create role %I login noinherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls', scope);
        exception when duplicate_object or unique_violation then
            null;
        end;
    end loop;
    -- Owns the few functions that may look where their caller can't. Nobody signs in as it.
    begin
        create role curtain_lookup nologin noinherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
    exception when duplicate_object or unique_violation then
        null;
    end;
end
$$;

-- What is made later is nobody's until a migration grants it.
alter default privileges revoke execute on functions from public;
alter default privileges revoke usage on types from public;

create schema curtain;
revoke all on schema public from public;
grant usage on schema curtain to
    curtain_credentials, curtain_patient, curtain_clinician, curtain_admin, curtain_auditor, curtain_worker,
    curtain_lookup;

-- With it, SQL that slipped into a query could say who acts. The server says so with SET LOCAL, a statement of its own.
revoke execute on function pg_catalog.set_config(text, text, boolean) from public;
-- Everybody of one role sees the statements of all its sessions, and one of those holds the context token.
revoke execute on function pg_catalog.pg_stat_get_activity(integer) from public;
revoke execute on function pg_catalog.pg_stat_get_backend_activity(integer) from public;
revoke select on pg_catalog.pg_stat_activity from public;
-- Large objects are a store beside the tables that no row policy reaches.
revoke execute on function
    pg_catalog.lo_creat(integer), pg_catalog.lo_create(oid), pg_catalog.lo_from_bytea(oid, bytea) from public;

-- Rights on the database itself don't come along when a database is copied from a template: `migrate` calls this on
-- every run, and the tests for every copy.
create function curtain.close_database() returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    execute format('revoke all on database %I from public', current_database());
    execute format(
        'grant connect on database %I to curtain_credentials, curtain_patient, curtain_clinician, curtain_admin, '
        'curtain_auditor, curtain_guest, curtain_worker', current_database());
end
$$;
