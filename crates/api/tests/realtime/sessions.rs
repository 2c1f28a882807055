//! Sessions behind sockets and places: ended ones are out, at once when this server was told and within five seconds
//! when another was, also while the connection is lost; and a visit is use.

use core::time::Duration;

use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use curtain_domain::{Clock as _, ParticipantId};

use curtain_protocol::{GoneReason, ServerMessage};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::browser::Tab;
use crate::house::{ANA, LEE, ORIGIN, SignedIn, TestHouse};
use crate::visits::meet_as;

async fn end(house: &TestHouse, signed_in: &SignedIn) {
    let mut scope = house.store.credentials().begin().await.unwrap();
    scope.end_session(signed_in.session.id, house.clock.now()).await.unwrap();
    scope.commit().await.unwrap();
}

/// Signs out as a page of ours does, in whatever tab.
async fn sign_out(house: &TestHouse, cookie: &str) {
    let mut stream = tokio::net::TcpStream::connect(house.address).await.unwrap();
    let request = format!(
        "POST /api/v1/sign-out HTTP/1.1\r\nhost: localhost\r\norigin: {ORIGIN}\r\nsec-fetch-site: same-origin\r\n\
         x-curtain: 1\r\ncontent-type: application/json\r\ncookie: {cookie}\r\ncontent-length: 2\r\n\
         connection: close\r\n\r\n{{}}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
}

/// The others hear that the patient is gone, on purpose, and that nothing of theirs is forwarded any more.
async fn hears_that_the_patient_left(lee: &mut Tab, ana: ParticipantId) {
    let ServerMessage::Gone { participant, reason } = lee.hear_until("gone").await else { unreachable!() };
    assert_eq!((participant, reason), (ana, GoneReason::Left));
    loop {
        let ServerMessage::Slots { slots, .. } = lee.hear_until("slots").await else { unreachable!() };
        if slots.iter().all(|slot| slot.participant != Some(ana)) {
            return;
        }
    }
}

#[tokio::test]
async fn signing_out_in_one_tab_ends_the_visit_in_another_at_once() {
    let house = TestHouse::open().await;
    let (lee, ana) = (house.sign_in(LEE).await.cookie, house.sign_in(ANA).await.cookie);
    let (mut lee, mut tab) = meet_as(&house, &lee, &ana).await;
    sign_out(&house, &ana).await;
    let closed = tokio::time::timeout(Duration::from_secs(1), tab.hear_close()).await;
    assert_eq!(closed.expect("within a second"), CloseCode::from(4401));
    hears_that_the_patient_left(&mut lee, tab.me()).await;
}

#[tokio::test]
async fn signing_out_while_the_connection_is_lost_ends_the_place_at_once() {
    let house = TestHouse::open().await;
    let (lee, ana) = (house.sign_in(LEE).await.cookie, house.sign_in(ANA).await.cookie);
    let (mut lee, tab) = meet_as(&house, &lee, &ana).await;
    let place = lose(&mut lee, tab).await;
    sign_out(&house, &ana).await;
    let told = tokio::time::timeout(Duration::from_secs(1), hears_that_the_patient_left(&mut lee, place));
    told.await.expect("within a second");
}

#[tokio::test]
async fn a_session_that_another_server_ended_takes_a_lost_place_along_within_five_seconds() {
    let house = TestHouse::open().await;
    let (lee, ana) = (house.sign_in(LEE).await.cookie, house.sign_in(ANA).await);
    let (mut lee, tab) = meet_as(&house, &lee, &ana.cookie).await;
    let place = lose(&mut lee, tab).await;
    end(&house, &ana).await;
    let told = tokio::time::timeout(Duration::from_secs(5), hears_that_the_patient_left(&mut lee, place));
    told.await.expect("within five seconds");
}

/// The network is gone, without a goodbye, and the room knows.
async fn lose(lee: &mut Tab, tab: Tab) -> ParticipantId {
    let place = tab.me();
    drop(tab);
    loop {
        let people = lee.hear_until("people").await;
        if matches!(people, ServerMessage::People { present, .. } if present.len() == 1) {
            return place;
        }
    }
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
