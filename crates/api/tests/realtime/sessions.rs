//! Sessions behind sockets: ended ones are out within five seconds, and a visit is use.

use core::time::Duration;

use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use curtain_domain::Clock as _;

use crate::browser::Tab;
use crate::house::{ANA, LEE, SignedIn, TestHouse};

async fn end(house: &TestHouse, signed_in: &SignedIn) {
    let mut scope = house.store.credentials().begin().await.unwrap();
    scope.end_session(signed_in.session.id, house.clock.now()).await.unwrap();
    scope.commit().await.unwrap();
}

#[tokio::test]
async fn whoever_signs_out_is_out_of_the_visit_within_five_seconds() {
    let house = TestHouse::open().await;
    let (lee, ana) = (house.sign_in(LEE).await, house.sign_in(ANA).await);
    let mut lee = Tab::arrive(&house, &lee.cookie, house.visit).await;
    let mut tab = Tab::arrive(&house, &ana.cookie, house.visit).await;
    lee.hear_all().await;
    end(&house, &ana).await;
    let closed = tokio::time::timeout(Duration::from_secs(5), tab.hear_close()).await;
    assert_eq!(closed.expect("within five seconds"), CloseCode::from(4401));
    lee.hear_until("waiting").await;
}

#[tokio::test]
async fn a_visit_keeps_its_session_awake_and_an_idle_socket_does_not() {
    let house = TestHouse::open().await;
    let (lee, idle) = (house.sign_in(LEE).await, house.sign_in(LEE).await);
    let mut idle = Tab::open(&house, &idle.cookie, house.visit).await;
    let mut tab = Tab::arrive(&house, &lee.cookie, house.visit).await;
    tab.hear_all().await;
    // Staff are signed out after fifteen idle minutes.
    for _ in 0..2 {
        let noted = house.clock.now() + Duration::from_mins(10);
        house.clock.advance(Duration::from_mins(10));
        used_at(&house, &lee, noted).await;
    }
    assert_eq!(idle.hear_close().await, CloseCode::from(4401));
    assert_eq!(tab.hear_all().await, Vec::<&str>::new());
}

/// Waits until the session is known to have been used at that time.
async fn used_at(house: &TestHouse, who: &SignedIn, at: curtain_domain::Timestamp) {
    for _ in 0..200 {
        let mut scope = house.store.credentials().begin().await.unwrap();
        let stored = scope.session(who.session.token.hash()).await.unwrap().expect("it lives");
        if stored.times().last_used >= at {
            return;
        }
        drop(scope);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the session went idle during a visit");
}
