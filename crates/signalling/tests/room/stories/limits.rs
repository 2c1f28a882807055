//! Floods, noise and stubborn readers: one person's bad input stays that person's trouble (lesson L18).

use core::time::Duration;

use curtain_domain::VisitState;
use curtain_protocol::{ClientMessage, Limits, RefusalCode, ServerMessage};
use curtain_signalling::{CloseReason, Input};

use super::entering::met;
use crate::cast::{ANA, LEE, OKAFOR, arrive, chat};
use crate::scene::Scene;

#[test]
fn a_flood_is_refused_and_closed_and_the_place_can_be_resumed() {
    let (mut scene, lee, ana) = met();
    scene.pass(Duration::from_secs(5));
    for _ in 0..100 {
        scene.say(ana, chat(scene.epoch));
    }
    assert_eq!(scene.refusal(ana), Some(RefusalCode::TooFast));
    assert_eq!(scene.closed(ana), Some(CloseReason::Refused(RefusalCode::TooFast)));
    let relayed = scene.hears_names(lee).iter().filter(|name| **name == "application").count();
    assert_eq!(relayed, Limits::MESSAGE_BURST as usize);
    let back = scene.resumes(ana);
    assert_eq!(scene.hears_names(back)[0], "resumed");
}

#[test]
fn whoever_asks_for_peer_connection_after_peer_connection_is_closed() {
    let (mut scene, lee, ana) = met();
    for _ in 0..=Limits::MEDIA_RESTARTS {
        scene.say(ana, ClientMessage::RestartMedia {});
    }
    assert_eq!(scene.closed(ana), Some(CloseReason::Refused(RefusalCode::TooFast)));
    assert_eq!(scene.media.len(), Limits::MEDIA_RESTARTS as usize);
    assert_eq!(scene.hears_names(lee), ["people"]);
}

#[test]
fn the_sustained_rate_is_allowed_for_ever() {
    let (mut scene, _, ana) = met();
    for _ in 0..400 {
        scene.pass(Duration::from_millis(50));
        scene.say(ana, chat(scene.epoch));
    }
    assert_eq!(scene.closed(ana), None);
}

#[test]
fn noise_closes_its_sender_and_disturbs_nobody() {
    for code in [RefusalCode::Malformed, RefusalCode::TooLarge] {
        let (mut scene, lee, ana) = met();
        scene.give(Input::Unreadable { connection: ana, code });
        assert_eq!(scene.refusal(ana), Some(code));
        assert_eq!(scene.closed(ana), Some(CloseReason::Refused(code)));
        assert_eq!(scene.hears_names(lee), ["people"], "only that the connection is lost");
    }
}

#[test]
fn what_a_closed_socket_still_says_is_not_heard() {
    let (mut scene, lee, ana) = met();
    scene.give(Input::Unreadable { connection: ana, code: RefusalCode::Malformed });
    scene.all_caught_up();
    scene.say(ana, chat(scene.epoch));
    scene.give(Input::Disconnected { connection: ana });
    assert_eq!(scene.hears_names(lee), Vec::<&str>::new());
}

#[test]
fn who_missed_more_than_is_kept_arrives_afresh() {
    let (mut scene, lee, ana) = met();
    scene.loses(ana);
    for _ in 0..=Limits::RESUME_MESSAGES {
        scene.pass(Duration::from_millis(50));
        scene.say(lee, chat(scene.epoch));
    }
    let back = scene.resumes(ana);
    assert_eq!(scene.refusal(back), Some(RefusalCode::CantResume));
    scene.tabs.get_mut(&back).unwrap().received = 0;
    scene.say(back, arrive());
    let heard = scene.hears(back);
    assert!(heard.iter().any(|message| matches!(message, ServerMessage::Placed { returning: true, .. })));
}

#[test]
fn acknowledged_messages_are_not_sent_again() {
    let (mut scene, lee, ana) = met();
    let received = scene.tabs[&ana].received;
    scene.say(ana, ClientMessage::Acknowledge { received });
    scene.say(lee, chat(scene.epoch));
    scene.loses(ana);
    scene.tabs.get_mut(&ana).unwrap().received = received - 1;
    let back = scene.resumes(ana);
    assert_eq!(scene.refusal(back), Some(RefusalCode::CantResume), "what was acknowledged is gone");
}

#[test]
fn nobody_acknowledges_what_was_never_sent() {
    let (mut scene, _, ana) = met();
    scene.say(ana, ClientMessage::Acknowledge { received: 1_000_000 });
    assert_eq!(scene.refusal(ana), Some(RefusalCode::Malformed));
}

#[test]
fn a_visit_that_is_called_off_takes_nobody() {
    for state in [VisitState::Cancelled, VisitState::NoShow, VisitState::Ended] {
        let mut scene = Scene::in_state(state, &[LEE, ANA, OKAFOR]);
        let lee = scene.arrives(LEE);
        assert_eq!(scene.refusal(lee), Some(RefusalCode::VisitEnded));
        assert_eq!(scene.room.state(), state);
    }
}

#[test]
fn somebody_who_comes_back_without_end_is_stopped_and_a_newer_tab_does_not_help() {
    let (mut scene, _, ana) = met();
    scene.loses(ana);
    let mut last = ana;
    for _ in 0..Limits::RETURNS {
        last = scene.tab(ANA);
        scene.say(last, arrive());
    }
    assert_eq!(scene.refusal(last), None, "that many are allowed");
    let next = scene.tab(ANA);
    scene.say(next, arrive());
    assert_eq!(scene.closed(next), Some(CloseReason::Refused(RefusalCode::TooFast)));
    scene.pass(Limits::RETURN_EVERY);
    let later = scene.tab(ANA);
    scene.say(later, arrive());
    assert_eq!(scene.closed(later), None, "and one more after a while");
}
