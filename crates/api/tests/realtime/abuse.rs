//! What bad input gets: a typed refusal and, for the worse, a closed socket. Nobody else is disturbed (lesson L18).

use curtain_protocol::{ClientMessage, Epoch, Limits, MediaGeneration, RefusalCode, Sdp, ServerMessage};
use futures_util::SinkExt as _;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::browser::{Tab, chat, commit};
use crate::house::{ANA, LEE, TestHouse};
use crate::visits::meet;

/// The other person hears at most that a connection is lost, and can still talk.
async fn undisturbed(tab: &mut Tab) {
    let heard = tab.hear_all().await;
    assert!(heard.iter().all(|kind| matches!(*kind, "people" | "waiting" | "slots")), "{heard:?}");
    tab.commit(0, 1, &[], &[]).await;
    tab.hear_until("commit").await;
}

#[tokio::test]
async fn what_is_no_message_is_refused_and_its_sender_closed() {
    let long = "x".repeat(Limits::MESSAGE_BYTES);
    let twice = r#"{"type":"decline","participant":"01980000-0000-7000-8000-000000000000","participant":"01980000-0000-7000-8000-000000000001"}"#;
    let deep = format!("{}{}", "[".repeat(60_000), "]".repeat(5_000));
    let cases = [
        ("no JSON", "hello", RefusalCode::Malformed, CloseCode::Policy),
        ("an unknown type", r#"{"type":"become_clinician"}"#, RefusalCode::Malformed, CloseCode::Policy),
        (
            "an unknown field",
            r#"{"type":"leave","role":"clinician"}"#,
            RefusalCode::Malformed,
            CloseCode::Policy,
        ),
        ("a key twice", twice, RefusalCode::Malformed, CloseCode::Policy),
        ("a deep nest", &deep, RefusalCode::Malformed, CloseCode::Policy),
        (
            "a number for a text",
            r#"{"type":"arrive","key_package":7}"#,
            RefusalCode::Malformed,
            CloseCode::Policy,
        ),
        ("no base64", r#"{"type":"arrive","key_package":"%%"}"#, RefusalCode::Malformed, CloseCode::Policy),
        ("too much", &format!("\"{long}\""), RefusalCode::TooLarge, CloseCode::Size),
        ("far too much", &format!("\"{}\"", long.repeat(4)), RefusalCode::TooLarge, CloseCode::Size),
    ];
    for (what, text, code, close) in cases {
        let house = TestHouse::open().await;
        let (mut lee, mut ana) = meet(&house).await;
        ana.say_raw(text).await;
        assert_eq!(ana.hear_refusal().await, (code, true), "{what}");
        assert_eq!(ana.hear_close().await, close, "{what}");
        undisturbed(&mut lee).await;
    }
}

#[tokio::test]
async fn a_binary_frame_is_refused() {
    let house = TestHouse::open().await;
    let (mut lee, mut ana) = meet(&house).await;
    ana.socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(ana.hear_refusal().await, (RefusalCode::Malformed, true));
    assert_eq!(ana.hear_close().await, CloseCode::Policy);
    undisturbed(&mut lee).await;
}

#[tokio::test]
async fn a_message_out_of_state_is_refused_and_the_socket_stays() {
    let house = TestHouse::open().await;
    let (ana, lee) = (house.sign_in(ANA).await.cookie, house.sign_in(LEE).await.cookie);
    let mut silent = Tab::open(&house, &ana, house.visit).await;
    silent.say(&chat(0, 1)).await;
    assert_eq!(silent.hear_refusal().await, (RefusalCode::NotArrived, false));

    let mut lee = Tab::arrive(&house, &lee, house.visit).await;
    let mut ana = Tab::arrive(&house, &ana, house.visit).await;
    lee.hear_all().await;
    for (message, code) in [
        (chat(0, 1), RefusalCode::NoGroup),
        (commit(house.visit, 1, 0, &[], &[lee.me()]), RefusalCode::NoGroup),
        (ClientMessage::EndVisit {}, RefusalCode::NotAllowed),
        (ClientMessage::RestartMedia {}, RefusalCode::NoGroup),
        (ClientMessage::Decline { participant: lee.me() }, RefusalCode::NotAllowed),
    ] {
        ana.say(&message).await;
        assert_eq!(ana.hear_refusal().await, (code, false));
    }
    assert_eq!(lee.hear_all().await, Vec::<&str>::new(), "nobody else heard of it");
}

#[tokio::test]
async fn a_commit_that_is_none_uses_up_no_epoch() {
    let house = TestHouse::open().await;
    let (mut lee, mut ana) = meet(&house).await;
    for (what, message) in [
        ("another's leaf", commit(house.visit, 0, 1, &[], &[])),
        ("another visit's group", commit(house.bens_visit, 1, 1, &[], &[])),
    ] {
        ana.say(&message).await;
        assert_eq!(ana.hear_refusal().await, (RefusalCode::BadCommit, false), "{what}");
    }
    undisturbed(&mut lee).await;
}

#[tokio::test]
async fn a_commit_that_nobody_accepts_puts_its_sender_out_and_nobody_else() {
    let house = TestHouse::open().await;
    let (mut lee, mut ana) = meet(&house).await;
    ana.commit(1, 1, &[], &[]).await;
    lee.hear_until("commit").await;
    lee.say(&ClientMessage::RefuseCommit { epoch: Epoch(1) }).await;
    let again = lee.hear_until("stale_epoch").await;
    assert_eq!(again, ServerMessage::StaleEpoch { epoch: Epoch(1) });
    lee.hear_until("gone").await;
    ana.hear_until("removed").await;
    assert_eq!(ana.hear_close().await, CloseCode::Normal);
    lee.commit(0, 1, &[], &[ana.me()]).await;
    lee.hear_until("commit").await;
}

#[tokio::test]
async fn a_flood_is_refused_and_closed() {
    let house = TestHouse::open().await;
    let (mut lee, mut ana) = meet(&house).await;
    for byte in 0..200 {
        // The server may close while we still send: that is the point.
        let text = serde_json::to_string(&chat(1, byte)).unwrap();
        if ana.socket.send(Message::text(text)).await.is_err() {
            break;
        }
    }
    assert_eq!(ana.hear_refusal().await, (RefusalCode::TooFast, true));
    assert_eq!(ana.hear_close().await, CloseCode::Policy);
    let relayed = lee.hear_all().await.iter().filter(|kind| **kind == "application").count();
    assert!(relayed <= Limits::MESSAGE_BURST as usize, "{relayed}");
    undisturbed(&mut lee).await;
}

#[tokio::test]
async fn an_answer_that_breaks_the_rules_is_refused_and_its_sender_closed() {
    let sections = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n".repeat(200);
    let lines = "a=x\r\n".repeat(5_000);
    for sdp in ["", "v=0\r\n", "hello", &sections, &lines] {
        let house = TestHouse::open().await;
        let (mut lee, mut ana) = meet(&house).await;
        let generation = ana.offered.expect("an offer came");
        let sdp = Sdp::new(sdp.to_owned()).expect("within the limit");
        ana.say(&ClientMessage::Answer { generation, sdp }).await;
        assert_eq!(ana.hear_refusal().await, (RefusalCode::BadAnswer, true));
        assert_eq!(ana.hear_close().await, CloseCode::Policy);
        undisturbed(&mut lee).await;
    }
}

#[tokio::test]
async fn an_answer_to_no_offer_is_refused_and_the_socket_stays() {
    let house = TestHouse::open().await;
    let (mut lee, mut ana) = meet(&house).await;
    let sdp = Sdp::new("v=0".to_owned()).expect("small");
    ana.say(&ClientMessage::Answer { generation: MediaGeneration(77), sdp }).await;
    assert_eq!(ana.hear_refusal().await, (RefusalCode::BadAnswer, false));
    undisturbed(&mut lee).await;
}

#[tokio::test]
async fn nothing_that_was_said_stands_in_the_log() {
    let house = TestHouse::open().await;
    let ana = house.sign_in(ANA).await;
    let (_lee, mut tab) = meet(&house).await;
    tab.say_raw(r#"{"type":"marked-7fa31c"}"#).await;
    tab.hear_refusal().await;
    let token = crate::house::text(&ana.session.token);
    crate::log_tap::assert_unheard(["marked-7fa31c", "Ana Ruiz", "Maya Lee", &token, &ana.cookie]);
    assert!(crate::log_tap::count("a socket is closed") > 0, "the log was listened to");
}
