//! A visit from the first socket to the end, as browsers and database see it.

use core::time::Duration;

use curtain_domain::{VisitRole, VisitState};
use curtain_protocol::{ClientMessage, EndReason, ServerMessage};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::browser::{Tab, chat, name, open_group};
use crate::house::{ANA, LEE, TestHouse};

/// Both inside, epoch 1.
pub(crate) async fn meet(house: &TestHouse) -> (Tab, Tab) {
    let (lee, ana) = (house.sign_in(LEE).await.cookie, house.sign_in(ANA).await.cookie);
    meet_as(house, &lee, &ana).await
}

/// The same, with these sessions.
pub(crate) async fn meet_as(house: &TestHouse, lee: &str, ana: &str) -> (Tab, Tab) {
    let mut ana = Tab::arrive(house, ana, house.visit).await;
    let mut lee = Tab::arrive(house, lee, house.visit).await;
    lee.say(&open_group(house.visit, 1)).await;
    lee.hear_until("offer").await;
    lee.commit(0, 0, &[ana.me()], &[]).await;
    lee.hear_until("commit").await;
    ana.hear_until("welcome").await;
    ana.hear_until("offer").await;
    (lee, ana)
}

/// Waits until the stored visit is as asked: facts are written behind the room's back.
async fn stored_as(house: &TestHouse, state: VisitState) {
    for _ in 0..200 {
        if house.stored(house.visit).await.state == state {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the visit never became {state}");
}

#[tokio::test]
async fn a_visit_runs_from_the_waiting_room_to_the_end() {
    let house = TestHouse::open().await;
    let (lee, ana) = (house.sign_in(LEE).await.cookie, house.sign_in(ANA).await.cookie);

    let mut ana = Tab::arrive(&house, &ana, house.visit).await;
    stored_as(&house, VisitState::Waiting).await;
    assert!(house.stored(house.visit).await.waiting_since.is_some());

    let mut lee = Tab::arrive(&house, &lee, house.visit).await;
    let waiting = lee.hear_until("waiting").await;
    let ServerMessage::Waiting { people } = waiting else { panic!("{waiting:?}") };
    assert_eq!((people[0].who.name.as_str(), people[0].who.role), ("Ana Ruiz", VisitRole::Patient));

    lee.say(&open_group(house.visit, 1)).await;
    let offer = lee.hear_until("offer").await;
    let ServerMessage::Offer { sdp, .. } = offer else { panic!("{offer:?}") };
    assert_eq!(sdp.as_str().matches("\nm=").count(), 18, "every m-line is there from the start");
    stored_as(&house, VisitState::InProgress).await;

    lee.commit(0, 0, &[ana.me()], &[]).await;
    ana.hear_until("welcome").await;
    ana.hear_until("offer").await;
    ana.say(&chat(1, 5)).await;
    let said = lee.hear_until("application").await;
    assert!(matches!(said, ServerMessage::Application { sender, .. } if sender == ana.me()));

    lee.say(&ClientMessage::EndVisit {}).await;
    for tab in [&mut lee, &mut ana] {
        let ended = tab.hear_until("ended").await;
        assert_eq!(ended, ServerMessage::Ended { reason: EndReason::ByClinician });
        assert_eq!(tab.hear_close().await, CloseCode::Normal);
    }
    let stored = house.stored(house.visit).await;
    assert_eq!(stored.state, VisitState::Ended, "stored before anybody was told");
    assert!(stored.ended_at.is_some() && stored.waiting_since.is_none());
}

#[tokio::test]
async fn a_declined_patient_is_told_and_may_come_again() {
    let house = TestHouse::open().await;
    let (lee, cookie) = (house.sign_in(LEE).await.cookie, house.sign_in(ANA).await.cookie);
    let mut ana = Tab::arrive(&house, &cookie, house.visit).await;
    let mut lee = Tab::arrive(&house, &lee, house.visit).await;
    lee.say(&ClientMessage::Decline { participant: ana.me() }).await;
    ana.hear_until("declined").await;
    assert_eq!(ana.hear_close().await, CloseCode::Normal);
    let again = Tab::arrive(&house, &cookie, house.visit).await;
    assert_eq!(again.me(), ana.me(), "it is the same place");
}

#[tokio::test]
async fn a_newer_tab_takes_over() {
    let house = TestHouse::open().await;
    let (_lee, mut first) = meet(&house).await;
    let cookie = house.sign_in(ANA).await.cookie;
    let _second = Tab::arrive(&house, &cookie, house.visit).await;
    first.hear_until("taken_over").await;
    assert_eq!(first.hear_close().await, CloseCode::Away);
}

#[tokio::test]
async fn a_broken_connection_resumes_with_nothing_lost_and_nothing_twice() {
    let house = TestHouse::open().await;
    let (mut lee, ana) = meet(&house).await;
    let (token, received) = (ana.token.clone().unwrap(), ana.received);
    let cookie = house.sign_in(ANA).await.cookie;
    // The network is gone, without a goodbye.
    drop(ana.socket);
    loop {
        let people = lee.hear_until("people").await;
        if matches!(people, ServerMessage::People { present, .. } if present.len() == 1) {
            break;
        }
    }
    for byte in 0..40 {
        lee.say(&chat(1, byte)).await;
    }
    assert_eq!(lee.hear_all().await, Vec::<&str>::new(), "all of it was relayed, none of it refused");

    let mut ana = Tab::open(&house, &cookie, house.visit).await;
    ana.received = received;
    ana.say(&ClientMessage::Resume { token, received }).await;
    assert_eq!(ana.hear().await, ServerMessage::Resumed {});
    let mut bytes = Vec::new();
    while bytes.len() < 40 {
        if let ServerMessage::Application { message, .. } = ana.hear().await {
            bytes.push(message.as_bytes()[0]);
        }
    }
    assert_eq!(bytes, (0..40).collect::<Vec<_>>());
    ana.say(&chat(1, 99)).await;
    lee.hear_until("application").await;
}

#[tokio::test]
async fn a_server_that_stops_says_come_back() {
    let house = TestHouse::open().await;
    let (mut lee, mut ana) = meet(&house).await;
    house.hub.stop();
    for tab in [&mut lee, &mut ana] {
        assert_eq!(tab.hear_close().await, CloseCode::Restart);
    }
}

#[tokio::test]
async fn what_happens_in_the_house_is_heard_in_the_room() {
    let house = TestHouse::open().await;
    let (mut lee, mut ana) = meet(&house).await;
    house.hub.people_changed(house.visit).await.unwrap();
    assert_eq!(
        lee.hear_all().await.iter().filter(|kind| **kind == "people").count(),
        0,
        "nothing did change"
    );
    house.hub.revoke_person(crate::house::account(ANA));
    assert_eq!(ana.hear_close().await, CloseCode::from(4401));
    let gone = lee.hear_until("gone").await;
    assert_eq!(name(&gone), "gone");
}
