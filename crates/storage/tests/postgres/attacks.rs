//! What SQL that slipped into a query could try, as each login role: to be somebody else, to be another role, to read
//! what stands beside the tables.

use curtain_auth::SessionToken;

use crate::support::sql::{self, Refusal, attempt, number};
use crate::support::{ANA, BEN, World};

const SCOPES: [&str; 7] = [
    "curtain_credentials",
    "curtain_patient",
    "curtain_clinician",
    "curtain_admin",
    "curtain_auditor",
    "curtain_guest",
    "curtain_worker",
];
const MY_VISITS: &str = "select count(*) from curtain.visit";

#[tokio::test]
async fn a_context_that_nobody_has_finds_nothing() {
    let world = World::seeded().await;
    let mut patient = sql::connect(&world.database.url_as("curtain_patient")).await;
    let invented = SessionToken::new(&*world.entropy).context();
    sql::begin(&mut patient, Some(&invented)).await;
    assert_eq!(number(&mut patient, MY_VISITS).await, Ok(0));
    sql::run(&mut patient, "rollback").await;
    for guess in [ANA.to_string(), BEN.to_string(), String::new(), "00".repeat(32)] {
        let statement = format!("begin; set local curtain.context = '{}'", guess.replace('-', ""));
        sql::run(&mut patient, &statement).await;
        assert_eq!(number(&mut patient, MY_VISITS).await, Ok(0), "{guess}");
        sql::run(&mut patient, "rollback").await;
    }
}

#[tokio::test]
async fn the_hash_that_the_database_holds_is_no_context() {
    let world = World::seeded().await;
    let (_, session) = world.sign_in_at(ANA, world.now).await;
    let mut owner = sql::connect(&world.database.owner_url()).await;
    let stored = "select encode(context_hash, 'hex') from curtain.session order by created_at desc limit 1";
    let stolen = sql::texts(&mut owner, stored).await.pop().unwrap();
    let mut patient = sql::connect(&world.database.url_as("curtain_patient")).await;
    sql::run(&mut patient, &format!("begin; set local curtain.context = '{stolen}'")).await;
    assert_eq!(number(&mut patient, MY_VISITS).await, Ok(0));
    sql::run(&mut patient, "rollback").await;
    sql::begin(&mut patient, Some(&session.token.context())).await;
    assert_eq!(number(&mut patient, MY_VISITS).await, Ok(1), "while the token itself is one");
}

#[tokio::test]
async fn a_statement_can_not_say_who_acts() {
    let world = World::seeded().await;
    let (_, bens) = world.sign_in_at(BEN, world.now).await;
    let literal = bens.token.context().as_hex_literal();
    for role in SCOPES {
        let mut injected = sql::connect(&world.database.url_as(role)).await;
        for statement in [
            format!("select set_config('curtain.context', '{}', true)", *literal),
            format!("select pg_catalog.set_config('curtain.context', '{}', false)", *literal),
            "select set_config('role', 'curtain_clinician', true)".to_owned(),
            "select set_config('session_authorization', 'curtain_clinician', true)".to_owned(),
            format!("update pg_settings set setting = '{}' where name = 'work_mem'", "64MB"),
        ] {
            assert_eq!(attempt(&mut injected, &statement).await, Err(Refusal::Denied), "{role}: {statement}");
        }
    }
}

#[tokio::test]
async fn a_login_role_stays_the_role_it_is() {
    let world = World::seeded().await;
    for role in SCOPES {
        let mut connection = sql::connect(&world.database.url_as(role)).await;
        for other in SCOPES.into_iter().chain(["curtain_lookup", "app", "pg_read_all_data"]) {
            if other == role {
                continue;
            }
            for statement in [format!("set role {other}"), format!("set session authorization {other}")] {
                let outcome = attempt(&mut connection, &statement).await;
                let no_such_role =
                    matches!(&outcome, Err(Refusal::Other(why)) if why.contains("does not exist"));
                assert!(outcome == Err(Refusal::Denied) || no_such_role, "{role}: {statement}: {outcome:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_patients_context_is_nothing_to_another_role() {
    let world = World::seeded().await;
    let (_, anas) = world.sign_in_at(ANA, world.now).await;
    let mut clinician = sql::connect(&world.database.url_as("curtain_clinician")).await;
    sql::begin(&mut clinician, Some(&anas.token.context())).await;
    assert_eq!(number(&mut clinician, "select (curtain.actor() is null)::int::bigint").await, Ok(1));
    assert_eq!(number(&mut clinician, MY_VISITS).await, Ok(0));
}

#[tokio::test]
async fn the_context_does_not_outlive_its_transaction() {
    let world = World::seeded().await;
    let (_, anas) = world.sign_in_at(ANA, world.now).await;
    let mut patient = sql::connect(&world.database.url_as("curtain_patient")).await;
    for end in ["commit", "rollback"] {
        sql::begin(&mut patient, Some(&anas.token.context())).await;
        assert_eq!(number(&mut patient, MY_VISITS).await, Ok(1));
        sql::run(&mut patient, end).await;
        assert_eq!(number(&mut patient, MY_VISITS).await, Ok(0), "after {end}");
    }
}

#[tokio::test]
async fn the_statements_of_other_sessions_stay_unseen() {
    let world = World::seeded().await;
    let (_, anas) = world.sign_in_at(ANA, world.now).await;
    let mut ana = sql::connect(&world.database.url_as("curtain_patient")).await;
    // The last statement of this session is the one that holds the context token.
    sql::begin(&mut ana, Some(&anas.token.context())).await;
    for role in SCOPES {
        let mut spy = sql::connect(&world.database.url_as(role)).await;
        for statement in [
            "select count(*) from pg_stat_activity where query like '%curtain.context%'",
            "select count(*) from pg_stat_get_activity(null) as seen where seen.query like '%curtain.context%'",
            "select count(*) from pg_stat_get_backend_idset() as backend \
             where pg_stat_get_backend_activity(backend) like '%curtain.context%'",
            "select count(*) from pg_stat_replication",
        ] {
            assert_eq!(number(&mut spy, statement).await, Err(Refusal::Denied), "{role}: {statement}");
        }
    }
}

#[tokio::test]
async fn no_scope_makes_anything_that_stays() {
    let world = World::seeded().await;
    for role in SCOPES {
        let mut connection = sql::connect(&world.database.url_as(role)).await;
        for statement in [
            "create table public.loot (words text)",
            "create table curtain.loot (words text)",
            "create temp table loot (words text)",
            "create schema loot",
            "create function curtain.loot() returns int language sql as 'select 1'",
            "create extension pgcrypto schema curtain",
            "create role loot",
            "alter role curtain_guest superuser",
            "alter table curtain.note disable row level security",
            "drop policy author_reads on curtain.note",
            "grant curtain_clinician to curtain_patient",
            "select lo_create(0)",
            "select lo_from_bytea(0, 'words')",
            "copy (select 1) to program 'true'",
            "copy (select 1) to '/tmp/loot'",
            "select pg_read_file('postgresql.conf')",
            "truncate curtain.note",
            "comment on table curtain.note is 'mine'",
        ] {
            let outcome = attempt(&mut connection, statement).await;
            assert_eq!(outcome, Err(Refusal::Denied), "{role}: {statement}");
        }
    }
}

#[tokio::test]
async fn a_row_can_not_be_given_to_somebody_else() {
    let world = World::seeded().await;
    let visit = world.visit_with(ANA).await;
    let (_, lees) = world.sign_in_at(visit.clinician.account, world.now).await;
    let mut lee = sql::connect(&world.database.url_as("curtain_clinician")).await;
    for statement in [
        format!("update curtain.visit set clinician = '{BEN}'"),
        format!("update curtain.visit_participant set account = '{BEN}'"),
        "update curtain.note set author = patient".to_owned(),
        "delete from curtain.visit".to_owned(),
        "select email from curtain.account".to_owned(),
        "select * from curtain.account".to_owned(),
        "select phc from curtain.password".to_owned(),
    ] {
        sql::begin(&mut lee, Some(&lees.token.context())).await;
        assert_eq!(attempt(&mut lee, &statement).await, Err(Refusal::Denied), "{statement}");
        sql::run(&mut lee, "rollback").await;
    }
}
