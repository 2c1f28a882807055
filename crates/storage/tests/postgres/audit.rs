//! The audit log in Postgres: written together with what it tells, by nobody in another's name, changed by nobody.

use curtain_storage::{AuditEvent, AuditFilter, AuditKind, VisitOf};

use crate::support::sql::{self, Refusal};
use crate::support::{ANA, LEE, World};

#[tokio::test]
async fn an_event_counts_together_with_its_work_or_not_at_all() {
    let world = World::seeded().await;
    let of = VisitOf { visit: world.visit_with(ANA).await.id, patient: ANA };
    let lee = world.lee().await;
    let mut abandoned = world.store.clinician(&lee).begin().await.unwrap();
    abandoned.record(&AuditEvent::VisitCreated(of), world.now).await.unwrap();
    drop(abandoned);
    let mut counted = world.store.clinician(&lee).begin().await.unwrap();
    counted.record(&AuditEvent::VisitArrived(of), world.now).await.unwrap();
    counted.commit().await.unwrap();

    let mut scope = world.store.worker().begin().await.unwrap();
    let rows = scope.audit_log().search(&AuditFilter::default(), None, 10).await.unwrap();
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(row.event.kind, AuditKind::VisitArrived.as_str());
    assert_eq!(row.event.actor, Some(LEE.as_uuid()), "the scope knows who acts");
    assert_eq!(row.event.session, Some(lee.identity().session().as_uuid()));
    assert_eq!((row.event.visit, row.event.patient), (Some(of.visit.as_uuid()), Some(ANA.as_uuid())));
}

#[tokio::test]
async fn nobody_says_that_somebody_else_did_it() {
    let world = World::seeded().await;
    let lee = world.lee().await;
    let mut clinician = sql::connect(&world.database.url_as("curtain_clinician")).await;
    sql::begin(&mut clinician, Some(lee.identity().context())).await;
    let forged = format!(
        "insert into curtain.audit_event (at, kind, outcome, actor, actor_role) \
         values (now(), 'note_read', 'success', '{ANA}', 'clinician')"
    );
    assert_eq!(sql::attempt(&mut clinician, &forged).await, Err(Refusal::Policy));
}

#[tokio::test]
async fn the_order_of_events_is_the_databases_to_say() {
    let world = World::seeded().await;
    let mut worker = sql::connect(&world.database.url_as("curtain_worker")).await;
    let backdated = "insert into curtain.audit_event (at, recorded_at, kind, outcome) \
         values (now(), now() - interval '1 year', 'note_read', 'success')";
    assert_eq!(sql::attempt(&mut worker, backdated).await, Err(Refusal::Denied));
}

#[tokio::test]
async fn a_name_or_a_sentence_has_no_place_in_it() {
    let world = World::seeded().await;
    let mut worker = sql::connect(&world.database.url_as("curtain_worker")).await;
    for (kind, detail) in
        [("note_read", "Ana Ruiz"), ("note_read", "cough for days"), ("Ana Ruiz", "x"), ("note_read", "")]
    {
        let statement = format!(
            "insert into curtain.audit_event (at, kind, outcome, detail) values (now(), '{kind}', 'success', '{detail}')"
        );
        assert!(
            matches!(sql::attempt(&mut worker, &statement).await, Err(Refusal::Other(why)) if why.contains("check"))
        );
    }
}

#[tokio::test]
async fn not_even_the_owner_changes_or_takes_away_a_row() {
    let world = World::seeded().await;
    let mut owner = sql::connect(&world.database.owner_url()).await;
    sql::run(
        &mut owner,
        "insert into curtain.audit_event (at, kind, outcome) values (now(), 'note_read', 'success')",
    )
    .await;
    for table in ["audit_event", "audit_entry", "audit_checkpoint"] {
        for statement in [
            format!("delete from curtain.{table}"),
            format!("truncate curtain.{table} cascade"),
            format!(
                "update curtain.{table} set {} = null",
                if table == "audit_event" { "detail" } else { "hash" }
            ),
        ] {
            assert_eq!(sql::attempt(&mut owner, &statement).await, Err(Refusal::Denied), "{statement}");
        }
    }
    assert_eq!(sql::number(&mut owner, "select count(*) from curtain.audit_event").await, Ok(1));
}

#[test]
fn every_word_is_its_own_and_reads_back() {
    let mut words: Vec<_> = AuditKind::ALL.iter().map(|kind| kind.as_str()).collect();
    for kind in AuditKind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(*kind));
    }
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), AuditKind::ALL.len());
    assert!("".parse::<AuditKind>().is_err());
}
