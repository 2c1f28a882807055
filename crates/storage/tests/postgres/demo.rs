//! The demo practice: seeded once, fresh at every start.

use std::time::Duration;

use curtain_domain::{EmailAddress, VisitState};
use curtain_storage::demo::{self, ACCOUNTS};

use crate::support::{ANA, BEN, HOUR, World};

#[tokio::test]
async fn seeding_twice_changes_nothing() {
    let world = World::seeded().await;
    let before = world.visit_with(ANA).await;
    let key = world.store.credentials().begin().await.unwrap().credential_key().await.unwrap().unwrap();

    let mut owner = world.database.owner().await;
    owner.seed_demo(&crate::support::seed(&world.vault, world.now), world.now).await.unwrap();
    owner.refresh_demo(world.now, &*world.entropy).await.unwrap();

    assert!(owner.holds_demo().await.unwrap());
    assert_eq!(world.visit_with(ANA).await, before);
    let after = world.store.credentials().begin().await.unwrap().credential_key().await.unwrap().unwrap();
    assert_eq!(key.id, after.id, "the seeds that stand there are sealed under it");
    assert_eq!(world.store.practice().await.unwrap().unwrap().id, demo::PRACTICE_ID);
}

#[tokio::test]
async fn everybody_of_the_demo_can_be_found() {
    let world = World::seeded().await;
    let mut scope = world.store.credentials().begin().await.unwrap();
    for person in ACCOUNTS {
        let found =
            scope.account_by_email(&EmailAddress::parse(person.email).unwrap()).await.unwrap().unwrap();
        assert_eq!((found.account, found.role), (person.account, person.role), "{}", person.name);
    }
}

#[tokio::test]
async fn one_visit_is_due_now_and_one_tomorrow_at_every_start() {
    let world = World::seeded().await;
    let first = world.visit_with(ANA).await;
    assert_eq!(first.scheduled_at, world.now);
    assert_eq!(world.visit_with(BEN).await.scheduled_at, world.now + HOUR * 24);

    let next_week = world.now + Duration::from_hours(24 * 7);
    world.database.owner().await.refresh_demo(next_week, &*world.entropy).await.unwrap();
    assert_eq!(world.visit_with(ANA).await.id, first.id, "the visit nobody came to is moved");
    assert_eq!(world.visit_with(ANA).await.scheduled_at, next_week);
}

#[tokio::test]
async fn a_visit_that_ended_is_followed_by_a_new_one() {
    let world = World::seeded().await;
    let first = world.visit_with(ANA).await;
    let mut scope = world.store.worker().begin().await.unwrap();
    scope.move_on(first.id, VisitState::Ended, world.now).await.unwrap();
    scope.commit().await.unwrap();

    world.database.owner().await.refresh_demo(world.now, &*world.entropy).await.unwrap();

    let ana = world.ana().await;
    let mut scope = world.store.patient(&ana).begin().await.unwrap();
    let visits = scope.visits().await.unwrap();
    assert_eq!(visits.len(), 2);
    assert_eq!(visits.iter().filter(|visit| visit.state.is_open()).count(), 1);
}
