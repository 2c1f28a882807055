//! Reload, two tabs, crash, lost and found: how people come back.

use core::time::Duration;

use curtain_protocol::{ClientMessage, GoneReason, RefusalCode, ServerMessage};
use curtain_signalling::{CloseReason, MediaOrder};

use super::entering::met;
use crate::cast::{ANA, LEE, OKAFOR, arrive, chat, name};
use crate::scene::Scene;

#[test]
fn a_reload_takes_the_place_back_without_a_press_of_admit() {
    let (mut scene, lee, ana) = met();
    scene.loses(ana);
    scene.all_caught_up();
    let back = scene.arrives(ANA);
    let heard = scene.hears(back);
    assert!(matches!(heard[0], ServerMessage::Placed { returning: true, group: Some(_), .. }));
    assert_eq!(scene.media, [MediaOrder::Leave(ANA.id())], "the old tab's media is over");
    let heard = scene.hears(lee);
    let [
        ServerMessage::Return { who, turn: 0, .. },
        ServerMessage::People { .. },
        ServerMessage::Waiting { people },
    ] = &heard[..]
    else {
        panic!("{heard:?}")
    };
    assert_eq!((who.participant, people[0].returning), (ANA.id(), true));

    scene.commits(lee, &[ANA], &[]);
    assert_eq!(scene.hears_names(back), ["welcome"]);
    scene.say(back, chat(scene.epoch));
    assert_eq!(scene.hears_names(lee), ["commit", "waiting", "application"]);
}

#[test]
fn a_welcome_for_an_earlier_tab_is_answered_with_a_fresh_leaf() {
    let mut scene = Scene::new(&[LEE, ANA]);
    let lee = scene.arrives(LEE);
    scene.opens(lee);
    scene.arrives(ANA);
    // The clinician's commit adds the leaf of the first tab while the second takes over.
    let second = scene.arrives(ANA);
    scene.commits(lee, &[ANA], &[]);
    assert_eq!(scene.hears_names(second), ["placed", "people", "welcome"]);
    scene.all_caught_up();

    scene.say(second, arrive());
    assert_eq!(scene.media, [MediaOrder::Leave(ANA.id())]);
    assert_eq!(scene.hears_names(lee), ["return", "waiting"]);
    scene.commits(lee, &[ANA], &[]);
    assert_eq!(scene.hears_names(second), ["placed", "welcome"]);
}

#[test]
fn a_newer_tab_takes_over_and_the_older_one_is_told() {
    let (mut scene, lee, first) = met();
    let second = scene.arrives(ANA);
    assert_eq!(scene.hears_names(first), ["taken_over"]);
    assert_eq!(scene.closed(first), Some(CloseReason::TakenOver));
    assert_eq!(scene.hears_names(lee), ["return", "waiting"], "Ana was there all the time");
    scene.commits(lee, &[ANA], &[]);
    assert!(scene.hears_names(second).contains(&"welcome"));
}

#[test]
fn an_older_tab_that_comes_back_does_not_fight_for_the_place() {
    let (mut scene, _, first) = met();
    scene.loses(first);
    let second = scene.arrives(ANA);
    let back = scene.resumes(first);
    assert_eq!(scene.hears_names(back), ["resumed", "people", "taken_over"]);
    assert_eq!(scene.closed(back), Some(CloseReason::TakenOver));
    assert_eq!(scene.closed(second), None);
}

#[test]
fn a_newer_tab_keeps_the_place_in_line() {
    let mut scene = Scene::new(&[LEE, ANA, OKAFOR]);
    scene.arrives(ANA);
    scene.pass(Duration::from_secs(1));
    scene.arrives(OKAFOR);
    scene.pass(Duration::from_secs(1));
    scene.arrives(ANA);
    let lee = scene.arrives(LEE);
    let heard = scene.hears(lee);
    let Some(ServerMessage::Waiting { people }) = heard.last() else { panic!("{heard:?}") };
    let order: Vec<_> = people.iter().map(|waiting| waiting.who.participant).collect();
    assert_eq!(order, [ANA.id(), OKAFOR.id()]);
}

#[test]
fn members_take_turns_in_the_order_of_their_leaves() {
    let (mut scene, lee, ana) = met();
    let okafor = scene.enters(OKAFOR, lee);
    scene.loses(lee);
    scene.all_caught_up();
    scene.arrives(LEE);
    let turn = |message: &ServerMessage| match message {
        ServerMessage::Return { turn, .. } => Some(*turn),
        _ => None,
    };
    assert_eq!(scene.hears(ana).iter().find_map(turn), Some(0));
    assert_eq!(scene.hears(okafor).iter().find_map(turn), Some(1));
}

#[test]
fn a_crashed_clinician_is_taken_back_by_the_patient() {
    let (mut scene, lee, ana) = met();
    scene.loses(lee);
    let back = scene.arrives(LEE);
    assert_eq!(scene.hears_names(back), ["placed", "people", "waiting"]);
    assert!(scene.hears_names(ana).contains(&"return"));
    scene.commits(ana, &[LEE], &[]);
    assert_eq!(scene.hears_names(back), ["welcome"]);
    assert_eq!(scene.refusal(ana), None);
}

#[test]
fn a_clinician_on_another_device_restarts_the_group() {
    let (mut scene, lee, ana) = met();
    scene.loses(lee);
    let back = scene.arrives(LEE);
    scene.say(ana, ClientMessage::RefuseReturn { participant: LEE.id() });
    assert!(scene.hears_names(back).contains(&"return_refused"));
    scene.all_caught_up();

    scene.opens(back);
    assert_eq!(scene.hears_names(ana), ["group_restarted"]);
    assert_eq!(
        scene.media,
        [MediaOrder::Leave(ANA.id()), MediaOrder::Join { participant: LEE.id(), prepared: None }]
    );
    scene.say(ana, chat(scene.epoch));
    assert_eq!(scene.refusal(ana), Some(RefusalCode::NotMember));

    scene.all_caught_up();
    scene.say(ana, arrive());
    let heard = scene.hears(ana);
    assert!(matches!(heard[0], ServerMessage::Placed { returning: false, .. }), "the same tab waits afresh");
    assert_eq!(scene.hears_names(back), ["waiting"]);
    scene.commits(back, &[ANA], &[]);
    assert_eq!(scene.hears_names(ana), ["welcome"]);
}

#[test]
fn a_clinician_who_finds_nobody_connected_opens_a_fresh_group() {
    let (mut scene, lee, ana) = met();
    scene.loses(lee);
    scene.loses(ana);
    let back = scene.arrives(LEE);
    let heard = scene.hears(back);
    assert!(matches!(heard[0], ServerMessage::Placed { group: None, returning: false, .. }), "{heard:?}");
    scene.opens(back);
    let ana = scene.resumes(ana);
    assert_eq!(scene.hears_names(ana).last(), Some(&"people"));
    assert!(scene.tabs[&ana].envelopes.iter().any(|envelope| name(&envelope.message) == "group_restarted"));
    scene.say(ana, arrive());
    scene.commits(back, &[ANA], &[]);
    assert!(scene.hears_names(ana).contains(&"welcome"));
}

#[test]
fn a_clinician_whose_leaf_was_removed_opens_a_fresh_group() {
    let (mut scene, lee, ana) = met();
    scene.say(lee, ClientMessage::Leave {});
    scene.commits(ana, &[], &[LEE]);
    scene.all_caught_up();
    let back = scene.arrives(LEE);
    assert!(matches!(scene.hears(back)[0], ServerMessage::Placed { group: None, .. }));
    assert!(scene.hears_names(ana).contains(&"group_restarted"), "nobody inside could let the clinician in");
}

#[test]
fn a_patient_whose_clinician_is_away_waits_to_be_taken_back() {
    let (mut scene, lee, ana) = met();
    scene.loses(lee);
    scene.loses(ana);
    let back = scene.arrives(ANA);
    assert!(matches!(scene.hears(back)[0], ServerMessage::Placed { returning: true, .. }));
    let lee = scene.resumes(lee);
    assert!(scene.hears_names(lee).contains(&"return"), "asked for while the clinician was away");
    scene.commits(lee, &[ANA], &[]);
    assert!(scene.hears_names(back).contains(&"welcome"));
}

#[test]
fn when_the_last_member_goes_whoever_returns_waits_afresh() {
    let (mut scene, lee, _) = met();
    let back = scene.arrives(ANA);
    scene.all_caught_up();
    scene.say(lee, ClientMessage::Leave {});
    assert_eq!(scene.hears_names(back), ["group_restarted", "people"]);
    scene.say(back, arrive());
    assert!(matches!(scene.hears(back)[0], ServerMessage::Placed { returning: false, group: None, .. }));
}

#[test]
fn a_lost_connection_resumes_with_nothing_lost_and_nothing_twice() {
    let (mut scene, lee, ana) = met();
    scene.loses(ana);
    assert_eq!(scene.hears_names(lee), ["people"], "the others see it at once");
    for _ in 0..10 {
        scene.say(lee, chat(scene.epoch));
    }
    scene.commits(lee, &[], &[]);
    scene.pass(Duration::from_secs(59));
    scene.all_caught_up();
    let back = scene.resumes(ana);
    let heard = scene.hears_names(back);
    let expected: Vec<_> =
        ["resumed", "people"].into_iter().chain(["application"; 10]).chain(["commit", "people"]).collect();
    assert_eq!(heard, expected, "numbers are checked by the scene");
    assert!(scene.media.is_empty(), "media outlives the socket");
    assert_eq!(scene.hears_names(lee), ["people"]);
}

#[test]
fn a_half_open_socket_makes_way_for_the_same_tab() {
    let (mut scene, _, ana) = met();
    let back = scene.resumes(ana);
    assert_eq!(scene.closed(ana), Some(CloseReason::Resumed));
    assert_eq!(scene.hears_names(back)[0], "resumed");
    assert_eq!(scene.closed(back), None);
}

#[test]
fn somebody_elses_resume_secret_opens_nothing() {
    let (mut scene, _, ana) = met();
    scene.loses(ana);
    let token = scene.tabs[&ana].token.clone().unwrap();
    let okafor = scene.tab(OKAFOR);
    scene.say(okafor, ClientMessage::Resume { token, received: 1 });
    assert_eq!(scene.refusal(okafor), Some(RefusalCode::CantResume));
}

#[test]
fn who_stays_away_for_a_minute_is_gone_for_good() {
    let (mut scene, lee, ana) = met();
    scene.loses(ana);
    scene.all_caught_up();
    scene.pass(Duration::from_mins(1));
    assert!(matches!(scene.hears(lee)[..], [ServerMessage::Gone { reason: GoneReason::Lost, .. }]));
    assert_eq!(scene.media, [MediaOrder::Leave(ANA.id())]);
    let back = scene.resumes(ana);
    assert_eq!(scene.refusal(back), Some(RefusalCode::CantResume));
    scene.commits(lee, &[], &[ANA]);
    scene.say(back, arrive());
    let placed = scene.hears(back).into_iter().find(|message| name(message) == "placed");
    assert!(
        matches!(placed, Some(ServerMessage::Placed { returning: false, .. })),
        "and waits to be admitted"
    );
}

#[test]
fn a_member_taken_back_learns_whose_leaf_must_go() {
    let (mut scene, lee, ana) = met();
    let okafor = scene.enters(OKAFOR, lee);
    scene.say(okafor, ClientMessage::Leave {});
    scene.loses(lee);
    let back = scene.arrives(LEE);
    scene.commits(ana, &[LEE], &[]);
    let heard = scene.hears_names(back);
    assert!(heard.ends_with(&["welcome", "gone"]), "{heard:?}");
}
