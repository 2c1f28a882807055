//! Leaving, being removed, the end, and an empty room: how people go.

use core::time::Duration;

use curtain_domain::VisitState;
use curtain_protocol::ClientMessage;
use curtain_protocol::{EndReason, GoneReason, MediaGeneration, RefusalCode, ServerMessage, TrackKind};
use curtain_signalling::{CloseReason, Input, MediaNews, MediaOrder, VisitFact};

use super::entering::met;
use crate::cast::{ANA, LEE, OKAFOR, Who, arrive, chat};
use crate::scene::Scene;

#[test]
fn whoever_leaves_is_gone_at_once_and_a_member_removes_the_leaf() {
    let (mut scene, lee, ana) = met();
    scene.say(ana, ClientMessage::Leave {});
    let heard = scene.hears(lee);
    assert!(
        matches!(heard[0], ServerMessage::Gone { participant, reason: GoneReason::Left } if participant == ANA.id())
    );
    assert_eq!(scene.media, [MediaOrder::Leave(ANA.id())]);
    scene.commits(lee, &[], &[ANA]);
    assert_eq!(scene.hears_names(lee), ["commit"]);
}

#[test]
fn the_clinician_removes_somebody_who_hears_nothing_more() {
    let (mut scene, lee, ana) = met();
    let okafor = scene.enters(OKAFOR, lee);
    scene.all_caught_up();
    scene.commits(lee, &[], &[OKAFOR]);
    assert_eq!(scene.hears_names(okafor), ["removed"]);
    assert_eq!(scene.closed(okafor), Some(CloseReason::Removed));
    assert_eq!(scene.media, [MediaOrder::Leave(OKAFOR.id())]);
    scene.say(lee, chat(scene.epoch));
    assert_eq!(scene.hears_names(ana), ["commit", "people", "application"]);
    let again = scene.arrives(OKAFOR);
    assert_eq!(scene.hears_names(again), ["placed", "people"], "and may wait to be admitted again");
}

#[test]
fn only_the_clinician_removes_somebody_who_is_there() {
    let (mut scene, lee, ana) = met();
    let okafor = scene.enters(OKAFOR, lee);
    for (tab, whom) in [(ana, OKAFOR), (ana, LEE), (okafor, ANA), (lee, LEE)] {
        scene.commits(tab, &[], &[whom]);
        assert_eq!(scene.refusal(tab), Some(RefusalCode::NotAllowed));
    }
}

#[test]
fn a_lost_connection_alone_lets_nobody_remove_the_leaf() {
    let (mut scene, lee, ana) = met();
    scene.loses(lee);
    scene.commits(ana, &[], &[LEE]);
    assert_eq!(scene.refusal(ana), Some(RefusalCode::NotAllowed));
    scene.pass(Duration::from_secs(61));
    scene.commits(ana, &[], &[LEE]);
    assert_eq!(scene.hears_names(ana).last(), Some(&"commit"));
}

#[test]
fn the_end_is_for_everyone_and_for_good() {
    let (mut scene, lee, ana) = met();
    let okafor = scene.arrives(OKAFOR);
    scene.loses(okafor);
    let silent = scene.tab(OKAFOR);
    scene.all_caught_up();
    scene.say(lee, ClientMessage::EndVisit {});
    for tab in [lee, ana, silent] {
        assert_eq!(scene.hears(tab), [ServerMessage::Ended { reason: EndReason::ByClinician }]);
        assert_eq!(scene.closed(tab), Some(CloseReason::Ended));
    }
    assert_eq!(scene.facts[0], VisitFact::State(VisitState::Ended), "stored before anybody is told");
    assert_eq!(scene.media.last(), Some(&MediaOrder::Close));

    let back = scene.resumes(okafor);
    assert_eq!(scene.hears_names(back).last(), Some(&"ended"));
    let late = scene.arrives(ANA);
    assert_eq!(scene.refusal(late), Some(RefusalCode::VisitEnded));
    assert!(scene.closed(late).is_some());
}

#[test]
fn nobody_but_the_clinician_ends_the_visit() {
    let (mut scene, lee, ana) = met();
    let okafor = scene.enters(OKAFOR, lee);
    for tab in [ana, okafor] {
        scene.say(tab, ClientMessage::EndVisit {});
        assert_eq!(scene.refusal(tab), Some(RefusalCode::NotAllowed));
    }
    assert_eq!(scene.room.state(), VisitState::InProgress);
}

#[test]
fn a_session_that_is_over_takes_the_person_out_at_once() {
    let (mut scene, lee, ana) = met();
    scene.give(Input::SessionOver { session: ANA.session() });
    assert_eq!(scene.closed(ana), Some(CloseReason::SessionOver));
    assert_eq!(scene.media, [MediaOrder::Leave(ANA.id())]);
    assert_eq!(scene.hears_names(lee), ["gone", "people"]);
}

#[test]
fn a_session_that_is_over_takes_a_lost_place_along() {
    let (mut scene, lee, ana) = met();
    scene.loses(ana);
    scene.all_caught_up();
    scene.give(Input::SessionOver { session: ANA.session() });
    assert_eq!(scene.media, [MediaOrder::Leave(ANA.id())]);
    assert!(matches!(scene.hears(lee)[..], [ServerMessage::Gone { reason: GoneReason::Left, .. }]));
    let back = scene.resumes(ana);
    assert_eq!(scene.refusal(back), Some(RefusalCode::CantResume));
}

#[test]
fn the_end_of_a_session_concerns_nobody_else_and_no_newer_one() {
    let (mut scene, lee, ana) = met();
    let other = LEE.session();
    scene.loses(ana);
    let back = scene.tab_of(ANA, other);
    let token = scene.tabs[&ana].token.clone().expect("was placed");
    let received = scene.tabs[&ana].received;
    scene.tabs.get_mut(&back).expect("exists").received = received;
    scene.say(back, ClientMessage::Resume { token, received });
    scene.all_caught_up();
    assert_eq!(scene.room.sessions().into_iter().collect::<Vec<_>>(), [(other, true)]);
    scene.give(Input::SessionOver { session: ANA.session() });
    assert_eq!((scene.closed(back), scene.closed(lee)), (None, None));
    assert_eq!(scene.hears_names(lee), Vec::<&str>::new(), "the place belongs to the newer session");
}

#[test]
fn a_session_is_in_use_while_a_place_of_its_own_is_connected() {
    let mut scene = Scene::new(&[LEE, ANA]);
    let in_use = |scene: &Scene, who: Who| scene.room.sessions().get(&who.session()).copied();
    let ana = scene.tab(ANA);
    assert_eq!(in_use(&scene, ANA), Some(false), "an open socket alone is no use");
    scene.say(ana, arrive());
    assert_eq!((in_use(&scene, ANA), in_use(&scene, LEE)), (Some(true), None));
    scene.loses(ana);
    assert_eq!(in_use(&scene, ANA), Some(false), "and still to be asked about");
    scene.pass(Duration::from_mins(2));
    assert_eq!(in_use(&scene, ANA), None);
}

#[test]
fn a_revoked_person_is_out_with_every_tab_and_with_a_lost_one() {
    let (mut scene, lee, ana) = met();
    scene.loses(ana);
    let silent = scene.tab(ANA);
    scene.all_caught_up();
    scene.give(Input::PersonRevoked { person: ANA.person().person });
    assert_eq!(scene.closed(silent), Some(CloseReason::SessionOver));
    assert_eq!(scene.hears_names(lee), ["gone"], "everybody knew already that Ana was not connected");
    assert_eq!(scene.media, [MediaOrder::Leave(ANA.id())]);
}

#[test]
fn an_empty_room_is_dropped_after_a_while_and_not_before() {
    let (mut scene, lee, ana) = met();
    scene.say(ana, ClientMessage::Leave {});
    scene.loses(lee);
    scene.pass(Duration::from_secs(100));
    assert!(!scene.dissolved);
    scene.pass(Duration::from_secs(30));
    assert!(scene.dissolved);
}

#[test]
fn somebody_who_comes_in_time_keeps_the_room() {
    let mut scene = Scene::new(&[LEE, ANA]);
    let ana = scene.arrives(ANA);
    scene.say(ana, ClientMessage::Leave {});
    scene.pass(Duration::from_secs(50));
    scene.arrives(ANA);
    scene.pass(Duration::from_mins(10));
    assert!(!scene.dissolved);
}

#[test]
fn unsealed_media_is_said_to_everybody_inside() {
    let (mut scene, lee, ana) = met();
    let waiter = scene.arrives(OKAFOR);
    scene.all_caught_up();
    let news = MediaNews::Unsealed { kind: TrackKind::Camera };
    scene.give(Input::Media { participant: ANA.id(), news });
    for tab in [lee, ana] {
        assert_eq!(scene.hears_names(tab), ["unsealed_media"]);
    }
    assert_eq!(scene.hears_names(waiter), Vec::<&str>::new());
}

#[test]
fn only_the_newest_offer_may_be_answered() {
    let (mut scene, _, ana) = met();
    let answer = |generation| ClientMessage::Answer {
        generation: MediaGeneration(generation),
        sdp: curtain_protocol::Sdp::new("v=0".to_owned()).unwrap(),
    };
    scene.say(ana, answer(1));
    assert_eq!(scene.refusal(ana), Some(RefusalCode::BadAnswer), "nothing was offered");
    scene.is_offered(ANA, 1);
    scene.is_offered(ANA, 2);
    scene.say(ana, answer(1));
    assert_eq!(scene.refusal(ana), Some(RefusalCode::BadAnswer));
    scene.media.clear();
    scene.say(ana, answer(2));
    assert!(matches!(&scene.media[..], [MediaOrder::Answer { generation: MediaGeneration(2), .. }]));
}

#[test]
fn an_answer_that_breaks_the_rules_closes_its_sender_only() {
    let (mut scene, lee, ana) = met();
    scene.is_offered(ANA, 1);
    let refused = |number| Input::Media {
        participant: ANA.id(),
        news: MediaNews::AnswerRefused { generation: MediaGeneration(number) },
    };
    scene.give(refused(7));
    assert_eq!(scene.closed(ana), None, "that was about another peer connection");
    scene.give(refused(1));
    assert_eq!(scene.closed(ana), Some(CloseReason::Refused(RefusalCode::BadAnswer)));
    assert_eq!(scene.hears_names(lee), ["people"]);
}

#[test]
fn media_that_is_lost_is_offered_afresh_once() {
    let (mut scene, _, _) = met();
    scene.is_offered(ANA, 1);
    let lost =
        || Input::Media { participant: ANA.id(), news: MediaNews::Lost { generation: MediaGeneration(1) } };
    scene.give(lost());
    scene.give(lost());
    assert_eq!(scene.media, [MediaOrder::Restart(ANA.id())]);
}
