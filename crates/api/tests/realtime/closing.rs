//! A house that closes: what happened in its visits is written before its database is let go.

use core::time::Duration;

use curtain_domain::VisitState;

use crate::browser::Tab;
use crate::house::{ANA, TestHouse};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(30);

#[tokio::test]
async fn what_happened_is_written_before_the_house_closes() {
    let house = TestHouse::open().await;
    let ana = house.sign_in(ANA).await.cookie;
    // An open transaction on the visit's row: whoever writes it has to wait.
    let mut in_the_way = house.store.worker().begin().await.unwrap();
    in_the_way.set_waiting(house.visit, None).await.unwrap();
    let _ana = Tab::arrive(&house, &ana, house.visit).await;

    house.hub.stop();
    let mut closing = Box::pin(house.hub.close(LONG));
    let early = tokio::time::timeout(Duration::from_millis(300), &mut closing).await;
    assert!(early.is_err(), "the house closed while a fact was not written");
    in_the_way.commit().await.unwrap();
    closing.await;
    let stored = house.stored(house.visit).await;
    assert_eq!(stored.state, VisitState::Waiting);
    assert!(stored.waiting_since.is_some());
}

#[tokio::test]
async fn a_database_that_hangs_does_not_keep_the_house_open() {
    let house = TestHouse::open().await;
    let ana = house.sign_in(ANA).await.cookie;
    let mut in_the_way = house.store.worker().begin().await.unwrap();
    in_the_way.set_waiting(house.visit, None).await.unwrap();
    let _ana = Tab::arrive(&house, &ana, house.visit).await;

    house.hub.stop();
    let closed = tokio::time::timeout(LONG, house.hub.close(Duration::from_millis(300))).await;
    assert!(closed.is_ok(), "it waits no longer than it was told");
}
