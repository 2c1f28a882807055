//! Care teams: who may see which patient, what a visit adds by itself, and what an end closes.

use curtain_domain::{AccountId, NoteId, NoteVersion, Timestamp};
use curtain_storage::{CareTeamJoin, CareTeamSource, NoteSave, SaveNote, StorageError, Visit};
use curtain_vault::{ClinicalText, RecordContext};

use crate::support::sql::{self, Refusal, attempt, number};
use crate::support::{ANA, BEN, HOUR, IRIS, LEE, OKAFOR, PAUL, World};

/// Who cares for a patient now, and what brought them in.
async fn team(world: &World, patient: AccountId) -> Vec<(AccountId, CareTeamSource, bool)> {
    let iris = world.iris().await;
    let mut scope = world.store.admin(&iris).begin().await.unwrap();
    let members = scope.care_team(patient).await.unwrap().unwrap();
    members.into_iter().map(|one| (one.clinician.account, one.source, one.current)).collect()
}

async fn patients_of(world: &World, clinician: AccountId) -> Vec<AccountId> {
    let clinician = world.sign_in(clinician).await.into_clinician().unwrap();
    let mut scope = world.store.clinician(&clinician).begin().await.unwrap();
    scope.patients().await.unwrap().into_iter().map(|one| one.account).collect()
}

/// Lee writes a note about a visit.
async fn write_note(world: &World, visit: &Visit) -> Result<NoteSave, StorageError> {
    let (lee, patient) = (world.lee().await, visit.patient.account);
    let note = NoteId::new(world.now, &*world.entropy);
    let mut scope = world.store.clinician(&lee).begin().await?;
    let key = world.vault.new_data_key(Some(patient), world.now).unwrap();
    let key = scope.keep_data_key(patient, &key, world.now).await?;
    let context = RecordContext::note(key.clone(), patient, note, NoteVersion(1));
    let sealed = world.vault.seal(&lee, &context, ClinicalText::new("words".to_owned())).unwrap();
    let (visit, key, now) = (visit.id, key.id, world.now);
    let saved = scope
        .save_note(&SaveNote { note, visit, patient, expected: NoteVersion(0), sealed, key, now })
        .await?;
    scope.commit().await?;
    Ok(saved)
}

#[tokio::test]
async fn a_visit_brings_its_clinicians_into_the_care_team() {
    let world = World::seeded().await;
    assert_eq!(team(&world, ANA).await, [(LEE, CareTeamSource::Visit, true)]);
    assert!(patients_of(&world, OKAFOR).await.is_empty());
    let visit = world.visit_with(ANA).await.id;
    let lee = world.lee().await;
    let mut scope = world.store.clinician(&lee).begin().await.unwrap();
    let added = scope.add_colleague(visit, OKAFOR, world.now, &*world.entropy).await.unwrap().unwrap();
    assert!(added.joined_care_team);
    let again = scope.add_colleague(visit, OKAFOR, world.now, &*world.entropy).await.unwrap().unwrap();
    assert!(!again.joined_care_team);
    scope.commit().await.unwrap();
    let both = [(LEE, CareTeamSource::Visit, true), (OKAFOR, CareTeamSource::Visit, true)];
    assert_eq!(team(&world, ANA).await, both);
    assert_eq!(patients_of(&world, OKAFOR).await, [ANA]);
}

#[tokio::test]
async fn a_stranger_makes_no_visit_for_a_patient_by_sql_either() {
    let world = World::seeded().await;
    let okafor = world.okafor().await;
    let mut scope = world.store.clinician(&okafor).begin().await.unwrap();
    assert_eq!(scope.create_visit(BEN, world.now, world.now, &*world.entropy).await.unwrap(), None);
    drop(scope);
    let (_, session) = world.sign_in_at(OKAFOR, world.now).await;
    let mut clinician = sql::connect(&world.database.url_as("curtain_clinician")).await;
    let visit = format!(
        "insert into curtain.visit (id, patient, clinician, scheduled_at, created_at) \
         values (gen_random_uuid(), '{BEN}', '{OKAFOR}', now(), now())"
    );
    let care = format!(
        "insert into curtain.care_team (patient, clinician, source, added_by) \
         values ('{BEN}', '{OKAFOR}', 'by_hand', '{IRIS}')"
    );
    for (statement, refusal) in [(visit, Refusal::Policy), (care, Refusal::Denied)] {
        sql::begin(&mut clinician, Some(&session.token.context())).await;
        assert_eq!(attempt(&mut clinician, &statement).await, Err(refusal), "{statement}");
        sql::run(&mut clinician, "rollback").await;
    }
    sql::begin(&mut clinician, Some(&session.token.context())).await;
    let name = format!("select count(*) from curtain.account where id = '{BEN}'");
    assert_eq!(number(&mut clinician, &name).await, Ok(0), "not even the name");
}

#[tokio::test]
async fn an_administrator_puts_a_clinician_in_and_ends_it() {
    let world = World::seeded().await;
    world.put_in_care_of(BEN, OKAFOR).await;
    assert_eq!(patients_of(&world, OKAFOR).await, [BEN]);
    let iris = world.iris().await;
    let mut scope = world.store.admin(&iris).begin().await.unwrap();
    assert_eq!(scope.add_to_care_team(BEN, OKAFOR).await.unwrap(), CareTeamJoin::InItAlready);
    for (patient, clinician) in [(BEN, PAUL), (PAUL, OKAFOR), (OKAFOR, LEE), (BEN, ANA)] {
        let join = scope.add_to_care_team(patient, clinician).await.unwrap();
        assert_eq!(join, CareTeamJoin::NobodyThere);
    }
    assert_eq!(scope.care_team(OKAFOR).await.unwrap(), None);
    drop(scope);
    world.end_care(BEN, OKAFOR).await;
    assert!(patients_of(&world, OKAFOR).await.is_empty());
    let on_record = [(LEE, CareTeamSource::Visit, true), (OKAFOR, CareTeamSource::ByHand, false)];
    assert_eq!(team(&world, BEN).await, on_record);
    // What ended is over for good; care that begins again is another entry.
    let mut scope = world.store.admin(&iris).begin().await.unwrap();
    assert!(!scope.end_care(BEN, OKAFOR, None).await.unwrap());
    assert_eq!(scope.add_to_care_team(BEN, OKAFOR).await.unwrap(), CareTeamJoin::Joined);
    scope.commit().await.unwrap();
    assert_eq!(team(&world, BEN).await.len(), 3);
}

#[tokio::test]
async fn an_end_to_come_lets_care_go_on_until_then() {
    let world = World::seeded().await;
    let iris = world.iris().await;
    let (tomorrow, later) = (world.now + HOUR * 24, world.now + HOUR * 48);
    for (until, stands) in [(later, later), (tomorrow, tomorrow)] {
        let mut scope = world.store.admin(&iris).begin().await.unwrap();
        assert!(scope.end_care(ANA, LEE, Some(until)).await.unwrap());
        let members = scope.care_team(ANA).await.unwrap().unwrap();
        scope.commit().await.unwrap();
        assert_eq!((members.len(), members[0].until, members[0].current), (1, Some(stands), true));
    }
    assert_eq!(patients_of(&world, LEE).await, [ANA, BEN]);
    // A visit in between leaves the end where it was set.
    let lee = world.lee().await;
    let mut scope = world.store.clinician(&lee).begin().await.unwrap();
    scope.create_visit(ANA, world.now, world.now, &*world.entropy).await.unwrap().unwrap();
    scope.commit().await.unwrap();
    assert_eq!(team(&world, ANA).await, [(LEE, CareTeamSource::Visit, true)]);
    // Once it is there, nothing of it can be taken back.
    world
        .database
        .arrange("update curtain.care_team set since = since - interval '3 days', until = now()")
        .await;
    assert!(patients_of(&world, LEE).await.is_empty());
    let mut scope = world.store.admin(&iris).begin().await.unwrap();
    assert!(!scope.end_care(ANA, LEE, Some(later)).await.unwrap());
}

#[tokio::test]
async fn an_end_in_the_past_is_an_end_now() {
    let world = World::seeded().await;
    let iris = world.iris().await;
    let mut scope = world.store.admin(&iris).begin().await.unwrap();
    let long_ago = Timestamp::from_unix_millis(0);
    assert!(scope.end_care(ANA, LEE, Some(long_ago)).await.unwrap());
    let members = scope.care_team(ANA).await.unwrap().unwrap();
    assert!(members[0].until.unwrap() >= members[0].since && !members[0].current);
    drop(scope);
    world.database.arrange("update curtain.care_team set since = since - interval '3 days'").await;
    let (_, session) = world.sign_in_at(IRIS, world.now).await;
    let mut admin = sql::connect(&world.database.url_as("curtain_admin")).await;
    for change in ["until = since", "until = null", "until = now() - interval '1 day'"] {
        sql::begin(&mut admin, Some(&session.token.context())).await;
        let refused = attempt(&mut admin, &format!("update curtain.care_team set {change}")).await;
        assert!(refused.is_err(), "{change}: {refused:?}");
        sql::run(&mut admin, "rollback").await;
    }
}

#[tokio::test]
async fn when_care_ends_the_visit_stays_known_and_the_record_closes() {
    let world = World::seeded().await;
    let visit = world.visit_with(ANA).await;
    assert_eq!(write_note(&world, &visit).await, Ok(NoteSave::Saved(NoteVersion(1))));
    world.end_care(ANA, LEE).await;
    let lee = world.lee().await;
    let mut scope = world.store.clinician(&lee).begin().await.unwrap();
    assert_eq!(scope.visit(visit.id).await.unwrap().as_ref(), Some(&visit), "who was in it knows of it");
    assert!(!scope.cares_for(ANA).await.unwrap());
    assert!(scope.note(visit.id).await.unwrap().is_none() && scope.data_key(ANA).await.unwrap().is_none());
    assert_eq!(scope.create_visit(ANA, world.now, world.now, &*world.entropy).await.unwrap(), None);
    assert_eq!(scope.add_colleague(visit.id, OKAFOR, world.now, &*world.entropy).await.unwrap(), None);
    drop(scope);
    assert_eq!(write_note(&world, &visit).await, Err(StorageError::NotAllowed));
    let (_, session) = world.sign_in_at(LEE, world.now).await;
    let mut clinician = sql::connect(&world.database.url_as("curtain_clinician")).await;
    sql::begin(&mut clinician, Some(&session.token.context())).await;
    for closed in ["note", "data_key"] {
        let found = number(&mut clinician, &format!("select count(*) from curtain.{closed}")).await;
        assert_eq!(found, Ok(0), "{closed}");
    }
    let rewritten = attempt(&mut clinician, "update curtain.note set version = version").await;
    assert_eq!(rewritten, Ok(0));
    sql::run(&mut clinician, "rollback").await;
    // Care that begins again opens it again.
    world.put_in_care_of(ANA, LEE).await;
    let mut scope = world.store.clinician(&lee).begin().await.unwrap();
    assert_eq!(scope.note(visit.id).await.unwrap().unwrap().version, NoteVersion(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_who_add_at_once_add_once() {
    let world = std::sync::Arc::new(World::seeded().await);
    let tries = (0..100).map(|_| {
        let world = std::sync::Arc::clone(&world);
        tokio::spawn(async move {
            let iris = world.iris().await;
            let mut scope = world.store.admin(&iris).begin().await.unwrap();
            let join = scope.add_to_care_team(BEN, OKAFOR).await.unwrap();
            scope.commit().await.unwrap();
            join
        })
    });
    let mut joined = 0;
    for one in tries.collect::<Vec<_>>() {
        joined += usize::from(one.await.unwrap() == CareTeamJoin::Joined);
    }
    assert_eq!((joined, patients_of(&world, OKAFOR).await), (1, vec![BEN]));
}

#[tokio::test]
async fn visits_before_there_were_care_teams_made_them() {
    // What the migration does for a database in use, on rows put back to how they were.
    let world = World::seeded().await;
    world.invite_okafor(world.visit_with(ANA).await.id).await;
    let migration = include_str!("../../../../../migrations/20261122001200_care_team.sql");
    let begin = migration.find("insert into curtain.care_team").unwrap();
    let fill = &migration[begin..=begin + migration[begin..].find(';').unwrap()];
    world.database.arrange(&format!("delete from curtain.care_team; {fill}")).await;
    let both = [(LEE, CareTeamSource::Visit, true), (OKAFOR, CareTeamSource::Visit, true)];
    assert_eq!(team(&world, ANA).await, both);
    assert_eq!(team(&world, BEN).await, [(LEE, CareTeamSource::Visit, true)]);
}
