//! A shorter session counts at once, for those that are open too, and in every place that asks.

use std::time::Duration;

use curtain_auth::{ContextToken, SessionEnd, SessionLimits};
use curtain_domain::{Role, SessionId, Timestamp};

use super::decide_for;
use crate::support::sql::{self, number};
use crate::support::{HOUR, LEE, World};

async fn shorten(world: &World, idle: u16, absolute: u16) {
    decide_for(world, Role::Clinician, |of_role| {
        of_role.limits = SessionLimits::new(Role::Clinician, idle, absolute).unwrap();
    })
    .await;
}

/// What the extractor, the page of sessions and Postgres itself make of a session of Lee at a time.
async fn counts(world: &World, session: SessionId, context: &ContextToken, now: Timestamp) -> [bool; 3] {
    let mut scope = world.store.credentials().begin().await.unwrap();
    let stored = scope.session_by_id(session).await.unwrap().expect("not ended");
    let listed = scope.sessions_of(LEE, now).await.unwrap().iter().any(|own| own.id == session);
    drop(scope);
    let mut clinician = sql::connect(&world.database.url_as("curtain_clinician")).await;
    sql::begin(&mut clinician, Some(context)).await;
    let actor = number(&mut clinician, "select count(curtain.actor())").await.unwrap() == 1;
    [stored.check(now).is_ok(), listed, actor]
}

#[tokio::test]
async fn an_open_session_gets_no_older_than_the_practice_allows_now() {
    let world = World::seeded().await;
    let begun = world.now - HOUR * 2;
    let (_, session) = world.sign_in_at(LEE, begun).await;
    let (id, context) = (session.id, session.token.context());
    let mut scope = world.store.credentials().begin().await.unwrap();
    scope.touch_session(id, world.now).await.unwrap();
    scope.commit().await.unwrap();
    assert_eq!(counts(&world, id, &context, world.now).await, [true; 3]);
    shorten(&world, 15, 180).await;
    assert_eq!(counts(&world, id, &context, world.now).await, [true; 3]);
    shorten(&world, 15, 119).await;
    assert_eq!(counts(&world, id, &context, world.now).await, [false; 3]);
    let mut scope = world.store.credentials().begin().await.unwrap();
    let stored = scope.session_by_id(id).await.unwrap().unwrap();
    assert_eq!(stored.check(world.now), Err(SessionEnd::Old));
    assert_eq!(stored.times().ends_at, begun + HOUR * 2 - Duration::from_mins(1));
}

#[tokio::test]
async fn an_open_session_goes_idle_as_soon_as_the_practice_says_now() {
    let world = World::seeded().await;
    let (_, session) = world.sign_in_at(LEE, world.now - Duration::from_mins(8)).await;
    let (id, context) = (session.id, session.token.context());
    assert_eq!(counts(&world, id, &context, world.now).await, [true; 3]);
    shorten(&world, 7, 720).await;
    assert_eq!(counts(&world, id, &context, world.now).await, [false; 3]);
    shorten(&world, 15, 720).await;
    assert_eq!(counts(&world, id, &context, world.now).await, [true; 3], "a mistake taken back harms nobody");
}

#[tokio::test]
async fn the_policy_of_one_role_is_nobody_elses() {
    let world = World::seeded().await;
    decide_for(&world, Role::Patient, |of_role| {
        of_role.limits = SessionLimits::new(Role::Patient, 5, 60).unwrap();
    })
    .await;
    let (_, session) = world.sign_in_at(LEE, world.now - Duration::from_mins(8)).await;
    let (id, context) = (session.id, session.token.context());
    assert_eq!(counts(&world, id, &context, world.now).await, [true; 3]);
}
