//! Who sees which visit, and who may change it.

use crate::support::{ANA, BEN, HOUR, IRIS, LEE, OKAFOR, World, sql};
use curtain_auth::SystemEntropy;
use curtain_domain::{VisitRole, VisitState};

#[tokio::test]
async fn a_patient_sees_own_visits_and_the_names_in_them() {
    let world = World::seeded().await;
    let ana = world.ana().await;
    let mut scope = world.store.patient(&ana).begin().await.unwrap();

    let visits = scope.visits().await.unwrap();

    assert_eq!(visits.len(), 1);
    assert_eq!(visits[0].patient.account, ANA);
    assert_eq!(visits[0].clinician.name.as_str(), "Dr Maya Lee");
    assert_eq!(visits[0].place_of(ANA).unwrap().role, VisitRole::Patient);
}

#[tokio::test]
async fn anothers_visit_and_a_missing_one_look_the_same() {
    let world = World::seeded().await;
    let bens = world.visit_with(BEN).await.id;
    let missing = curtain_domain::VisitId::new(world.now, &SystemEntropy::new());
    let ana = world.ana().await;
    let mut scope = world.store.patient(&ana).begin().await.unwrap();
    assert_eq!(scope.visit(bens).await.unwrap(), None);
    assert_eq!(scope.visit(missing).await.unwrap(), None);

    let okafor = world.okafor().await;
    let mut scope = world.store.clinician(&okafor).begin().await.unwrap();
    assert_eq!(scope.visit(bens).await.unwrap(), None);
    assert!(scope.visits().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_clinician_makes_a_visit_and_both_find_it() {
    let world = World::seeded().await;
    world.put_in_care_of(BEN, OKAFOR).await;
    let okafor = world.okafor().await;
    let mut scope = world.store.clinician(&okafor).begin().await.unwrap();
    let made = scope.create_visit(BEN, world.now + HOUR, world.now, &*world.entropy).await.unwrap().unwrap();
    scope.commit().await.unwrap();
    assert_eq!(
        (made.clinician.account, made.patient.account, made.state),
        (OKAFOR, BEN, VisitState::Scheduled)
    );

    let ben = world.ben().await;
    let mut scope = world.store.patient(&ben).begin().await.unwrap();
    assert_eq!(scope.visit(made.id).await.unwrap().unwrap(), made);
}

#[tokio::test]
async fn a_visit_needs_a_patient() {
    let world = World::seeded().await;
    let lee = world.lee().await;
    for nobody in [OKAFOR, IRIS, LEE] {
        let mut scope = world.store.clinician(&lee).begin().await.unwrap();
        let made = scope.create_visit(nobody, world.now, world.now, &*world.entropy).await.unwrap();
        assert_eq!(made, None);
    }
}

#[tokio::test]
async fn work_that_is_not_committed_did_not_happen() {
    let world = World::seeded().await;
    let lee = world.lee().await;
    let mut scope = world.store.clinician(&lee).begin().await.unwrap();
    let made = scope.create_visit(BEN, world.now, world.now, &*world.entropy).await.unwrap().unwrap();
    drop(scope);
    let mut scope = world.store.clinician(&lee).begin().await.unwrap();
    assert_eq!(scope.visit(made.id).await.unwrap(), None);
}

#[tokio::test]
async fn a_colleague_is_invited_once_and_sees_the_visit() {
    let world = World::seeded().await;
    let visit = world.visit_with(ANA).await;
    let once = world.invite_okafor(visit.id).await;
    let twice = world.invite_okafor(visit.id).await;
    assert_eq!(once, twice);
    assert_eq!(once.colleagues.len(), 1);
    assert_eq!(once.place_of(OKAFOR).unwrap().role, VisitRole::CoHost);

    let okafor = world.okafor().await;
    let mut scope = world.store.clinician(&okafor).begin().await.unwrap();
    assert_eq!(scope.visit(visit.id).await.unwrap().unwrap(), once);
}

#[tokio::test]
async fn only_who_runs_a_visit_invites() {
    let world = World::seeded().await;
    let visit = world.invite_okafor(world.visit_with(ANA).await.id).await;
    let okafor = world.okafor().await;
    let mut scope = world.store.clinician(&okafor).begin().await.unwrap();
    assert_eq!(scope.add_colleague(visit.id, OKAFOR, world.now, &*world.entropy).await.unwrap(), None);

    let lee = world.lee().await;
    for nobody in [BEN, IRIS, LEE] {
        let mut scope = world.store.clinician(&lee).begin().await.unwrap();
        assert_eq!(scope.add_colleague(visit.id, nobody, world.now, &*world.entropy).await.unwrap(), None);
    }
}

#[tokio::test]
async fn the_lists_hold_patients_and_colleagues_only() {
    let world = World::seeded().await;
    let lee = world.lee().await;
    let mut scope = world.store.clinician(&lee).begin().await.unwrap();
    let patients: Vec<_> = scope.patients().await.unwrap().into_iter().map(|person| person.account).collect();
    let colleagues: Vec<_> =
        scope.colleagues().await.unwrap().into_iter().map(|person| person.account).collect();
    assert_eq!((patients, colleagues), (vec![ANA, BEN], vec![OKAFOR]));
}

#[tokio::test]
async fn an_administrator_sees_accounts_and_nothing_clinical() {
    let world = World::seeded().await;
    let iris = world.iris().await;
    let mut scope = world.store.admin(&iris).begin().await.unwrap();
    assert_eq!(scope.members(world.now).await.unwrap().len(), 6);
}

#[tokio::test]
async fn an_auditor_sees_the_practice() {
    let world = World::seeded().await;
    let paul = world.paul().await;
    let mut scope = world.store.auditor(&paul).begin().await.unwrap();
    assert_eq!(scope.practice().await.unwrap().unwrap().name, "Curtain Demo Practice");
}

#[tokio::test]
async fn a_room_moves_a_visit_through_its_life() {
    let world = World::seeded().await;
    let id = world.visit_with(ANA).await.id;
    let mut scope = world.store.worker().begin().await.unwrap();
    let opened = scope.visit(id).await.unwrap().unwrap();
    assert_eq!(opened.places().count(), 2);

    for (to, stands) in [
        (VisitState::Waiting, VisitState::Waiting),
        (VisitState::InProgress, VisitState::InProgress),
        (VisitState::Waiting, VisitState::InProgress),
        (VisitState::Ended, VisitState::Ended),
        (VisitState::InProgress, VisitState::Ended),
    ] {
        assert_eq!(scope.move_on(id, to, world.now).await.unwrap(), Some(stands), "to {to}");
    }
    scope.joined(opened.patient.participant, world.now).await.unwrap();
    scope.left(opened.patient.participant, world.now + HOUR).await.unwrap();
    let ended = scope.visit(id).await.unwrap().unwrap();
    assert_eq!((ended.started_at, ended.ended_at), (Some(world.now), Some(world.now)));
    assert_eq!(ended.waiting_since, None);
    scope.commit().await.unwrap();
}

#[tokio::test]
async fn waiting_is_shown_while_somebody_waits() {
    let world = World::seeded().await;
    let id = world.visit_with(ANA).await.id;
    let mut scope = world.store.worker().begin().await.unwrap();
    scope.move_on(id, VisitState::Waiting, world.now).await.unwrap();
    assert_eq!(scope.visit(id).await.unwrap().unwrap().waiting_since, Some(world.now));
    scope.set_waiting(id, None).await.unwrap();
    assert_eq!(scope.visit(id).await.unwrap().unwrap().waiting_since, None);
}

#[tokio::test]
async fn a_visit_that_ended_takes_no_colleague() {
    let world = World::seeded().await;
    let id = world.visit_with(ANA).await.id;
    let mut scope = world.store.worker().begin().await.unwrap();
    scope.move_on(id, VisitState::Ended, world.now).await.unwrap();
    scope.commit().await.unwrap();
    let lee = world.lee().await;
    let mut scope = world.store.clinician(&lee).begin().await.unwrap();
    assert_eq!(scope.add_colleague(id, OKAFOR, world.now, &*world.entropy).await.unwrap(), None);
}

#[tokio::test]
async fn the_database_knows_the_same_steps_as_the_domain() {
    let world = World::seeded().await;
    let mut owner = sql::connect(&world.database.owner_url()).await;
    sql::run(&mut owner, "create temp table step (like curtain.visit including defaults)").await;
    sql::run(
        &mut owner,
        "create trigger same before update on step for each row execute function curtain.visit_follows_its_states()",
    )
    .await;
    for from in VisitState::ALL {
        for to in VisitState::ALL {
            sql::run(&mut owner, "truncate step").await;
            sql::run(
                &mut owner,
                &format!(
                    "insert into step (id, patient, clinician, state, scheduled_at, created_at, patient_role, clinician_role) \
                     values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), '{from}', now(), now(), '', '')"
                ),
            )
            .await;
            let moved = sql::attempt(&mut owner, &format!("update step set state = '{to}'")).await;
            assert_eq!(moved.is_ok(), from.advance(to).is_ok(), "{from} to {to}");
        }
    }
}
