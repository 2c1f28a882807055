//! What must hold for every table, role, function and view there will ever be, read from Postgres' own catalogue.

use curtain_storage::testing::TestDatabase;
use sqlx::PgConnection;

use crate::support::sql::{self, number, texts};

/// Everything that is ours.
const OURS: &str =
    "n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname not like 'pg_temp%'";

async fn migrated() -> (TestDatabase, PgConnection) {
    let database = TestDatabase::fresh().await;
    let owner = sql::connect(&database.owner_url()).await;
    (database, owner)
}

async fn none(owner: &mut PgConnection, what: &str, query: &str) {
    let found = texts(owner, query).await;
    assert!(found.is_empty(), "{what}: {found:?}");
}

#[tokio::test]
async fn every_table_forces_row_level_security() {
    let (_database, mut owner) = migrated().await;
    let tables = format!(
        "from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'f') and {OURS}"
    );
    let unforced =
        format!("select c.oid::regclass::text {tables} and not (c.relrowsecurity and c.relforcerowsecurity)");
    none(&mut owner, "tables without forced row level security", &unforced).await;
    let all = number(&mut owner, &format!("select count(*) {tables}")).await.unwrap();
    assert!(all >= 14, "the query finds our tables: {all}");
}

#[tokio::test]
async fn every_view_asks_as_its_caller() {
    let (_database, mut owner) = migrated().await;
    let query = format!(
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where (c.relkind = 'v' and not coalesce(c.reloptions, '{{}}') && array['security_invoker=true', \
             'security_invoker=on'] or c.relkind = 'm') and {OURS}"
    );
    none(&mut owner, "views that ask as their owner", &query).await;
}

#[tokio::test]
async fn every_definer_function_is_closed_pinned_and_nobodys() {
    let (_database, mut owner) = migrated().await;
    let functions = format!("from pg_proc p join pg_namespace n on n.oid = p.pronamespace where {OURS}");
    let name = "select p.oid::regprocedure::text";
    let public = format!("{name} {functions} and has_function_privilege('public', p.oid, 'execute')");
    none(&mut owner, "functions for PUBLIC", &public).await;
    let unpinned = format!(
        "{name} {functions} and not coalesce(p.proconfig, '{{}}') @> array['search_path=pg_catalog, pg_temp']"
    );
    none(&mut owner, "functions without a pinned search path", &unpinned).await;
    let powerful = format!("{name} {functions} and p.prosecdef and p.proowner <> 'curtain_lookup'::regrole");
    none(&mut owner, "definer functions with the rights of a superuser", &powerful).await;
}

#[tokio::test]
async fn only_the_scopes_that_need_a_function_may_call_it() {
    let (_database, mut owner) = migrated().await;
    let query = format!(
        "select p.proname || ': ' || string_agg(r.rolname, ' ' order by r.rolname) \
         from pg_proc p join pg_namespace n on n.oid = p.pronamespace \
         join pg_roles r on r.rolname like 'curtain\\_%' and r.rolname <> current_user and r.oid <> p.proowner \
             and has_function_privilege(r.oid, p.oid, 'execute') \
         where {OURS} group by p.proname order by 1"
    );
    assert_eq!(
        texts(&mut owner, &query).await,
        [
            "actor: curtain_admin curtain_auditor curtain_clinician curtain_patient",
            "administrators_to_tell: curtain_worker",
            "my_patients: curtain_clinician",
            "my_people: curtain_clinician curtain_patient",
            "my_visits: curtain_clinician curtain_patient",
        ]
    );
}

#[tokio::test]
async fn no_scope_is_more_than_a_login() {
    let (_database, mut owner) = migrated().await;
    // The owner is no scope: it migrates, and the server never connects as it.
    let ours = "rolname like 'curtain\\_%' and rolname <> current_user";
    let powers = "rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication or rolinherit";
    none(
        &mut owner,
        "roles with powers",
        &format!("select rolname::text from pg_roles where {ours} and ({powers})"),
    )
    .await;
    let members = format!(
        "select r.rolname::text from pg_auth_members m join pg_roles r on r.oid in (m.member, m.roleid) where r.{ours}"
    );
    none(&mut owner, "roles that are members or have members", &members).await;
    let logins = format!("select rolname::text from pg_roles where {ours} and rolcanlogin order by 1");
    assert_eq!(texts(&mut owner, &logins).await.len(), 7, "the seven scopes, and not curtain_lookup");
    let owning = format!(
        "select c.oid::regclass::text from pg_class c join pg_roles r on r.oid = c.relowner where r.{ours}"
    );
    none(&mut owner, "relations owned by a scope", &owning).await;
}

#[tokio::test]
async fn nobody_creates_anything_in_any_schema_or_in_the_database() {
    let (_database, mut owner) = migrated().await;
    let schemas = format!(
        "select n.nspname || ' ' || r.rolname from pg_namespace n, \
             (select rolname from pg_roles where rolname like 'curtain\\_%' and rolname <> current_user \
              union select 'public') r \
         where has_schema_privilege(r.rolname, n.oid, 'create') and {OURS}"
    );
    none(&mut owner, "schemas that somebody may create in", &schemas).await;
    let database = "select r.rolname || ' ' || privilege from \
             (select rolname from pg_roles where rolname like 'curtain\\_%' and rolname <> current_user \
              union select 'public') r, \
             unnest(array['create', 'temp']) privilege \
         where has_database_privilege(r.rolname, current_database(), privilege)";
    none(&mut owner, "rights on the database", database).await;
    let connect = "select has_database_privilege('public', current_database(), 'connect')::int::bigint";
    assert_eq!(number(&mut owner, connect).await, Ok(0), "PUBLIC may connect");
}

#[tokio::test]
async fn the_doors_beside_the_tables_are_shut() {
    let (_database, mut owner) = migrated().await;
    let query = "select f::text from unnest(array[ \
             'pg_catalog.set_config(text, text, boolean)', 'pg_catalog.pg_stat_get_activity(integer)', \
             'pg_catalog.pg_stat_get_backend_activity(integer)', 'pg_catalog.lo_creat(integer)', \
             'pg_catalog.lo_create(oid)', 'pg_catalog.lo_from_bytea(oid, bytea)']::regprocedure[]) f \
         where has_function_privilege('public', f, 'execute')";
    none(&mut owner, "functions of Postgres that PUBLIC may call", query).await;
}

#[tokio::test]
async fn what_is_made_later_is_nobodys() {
    let (_database, mut owner) = migrated().await;
    let defaults = "select d.defaclobjtype::text || ' ' || a.grantee::regrole::text \
         from pg_default_acl d, aclexplode(d.defaclacl) a where a.grantee <> d.defaclrole";
    none(&mut owner, "default privileges", defaults).await;
    sql::run(&mut owner, "create function curtain.later() returns int language sql as 'select 1'").await;
    sql::run(&mut owner, "create table curtain.later (words text)").await;
    sql::run(&mut owner, "create type curtain.later_still as enum ('one')").await;
    for open in [
        "select has_function_privilege('public', 'curtain.later()', 'execute')::int::bigint",
        "select has_table_privilege('public', 'curtain.later', 'select')::int::bigint",
        "select has_type_privilege('public', 'curtain.later_still', 'usage')::int::bigint",
    ] {
        assert_eq!(number(&mut owner, open).await, Ok(0), "{open}");
    }
}

#[tokio::test]
async fn no_policy_is_for_everybody() {
    let (_database, mut owner) = migrated().await;
    let query = "select tablename || '.' || policyname from pg_policies where 'public' = any(roles) or permissive <> 'PERMISSIVE'";
    none(&mut owner, "policies for PUBLIC", query).await;
    let unused = "select p.tablename || '.' || p.policyname from pg_policies p where not exists ( \
             select from unnest(p.roles) r where has_any_column_privilege(r, format('%I.%I', p.schemaname, p.tablename), \
                 lower(p.cmd)))";
    none(&mut owner, "policies for a right that was not granted", unused).await;
}

#[tokio::test]
async fn migrating_again_changes_nothing_and_two_at_once_are_one() {
    let (database, mut owner) = migrated().await;
    let url = database.owner_url();
    let (one, two) =
        tokio::join!(curtain_storage::Store::migrate(&url), curtain_storage::Store::migrate(&url));
    assert_eq!((one, two), (Ok(()), Ok(())));
    let applied = "select count(*) from curtain_migrations.applied";
    assert!(number(&mut owner, applied).await.unwrap() >= 6);
}
