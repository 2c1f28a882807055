//! Peer connections made ahead in the lobby: used at the join, thrown away otherwise, and of no use before.

use curtain_protocol::{ClientMessage, MediaGeneration, RefusalCode, Sdp};
use curtain_signalling::{ConnectionId, Input, MediaNews, MediaOrder};

use crate::cast::{ANA, LEE, OKAFOR, arrive};
use crate::scene::Scene;

fn answer(generation: u32) -> ClientMessage {
    let sdp = Sdp::new("v=0".to_owned()).expect("small");
    ClientMessage::Answer { generation: MediaGeneration(generation), sdp }
}

/// Lee is inside, Ana is in the lobby with a connection that she has answered.
fn ana_is_ready() -> (Scene, ConnectionId, ConnectionId) {
    let mut scene = Scene::new(&[LEE, ANA, OKAFOR]);
    let lee = scene.arrives(LEE);
    scene.opens(lee);
    let ana = scene.tab(ANA);
    scene.say(ana, ClientMessage::PrepareMedia {});
    scene.is_offered_ahead(ana, 7);
    scene.say(ana, answer(7));
    (scene, lee, ana)
}

#[test]
fn whoever_prepared_in_the_lobby_joins_with_that_connection() {
    let (mut scene, lee, ana) = ana_is_ready();
    assert!(matches!(scene.media[1], MediaOrder::Prepare { connection, .. } if connection == ana));
    assert!(matches!(scene.media[2], MediaOrder::Answer { generation: MediaGeneration(7), .. }));
    assert_eq!(scene.hears_names(ana), ["offer"], "a lobby hears of its own connection and nothing else");

    scene.say(ana, arrive());
    scene.all_caught_up();
    scene.commits(lee, &[ANA], &[]);
    assert_eq!(scene.media, [MediaOrder::Join { participant: ANA.id(), prepared: Some(ana) }]);
}

#[test]
fn the_answer_may_come_after_the_arrival_and_the_offer_too() {
    let mut scene = Scene::new(&[LEE, ANA]);
    let ana = scene.tab(ANA);
    scene.say(ana, ClientMessage::PrepareMedia {});
    scene.say(ana, arrive());
    scene.is_offered_ahead(ana, 3);
    assert_eq!(scene.hears_names(ana), ["placed", "people", "offer"]);
    scene.say(ana, answer(3));
    assert!(matches!(scene.media.last(), Some(MediaOrder::Answer { .. })));
}

#[test]
fn a_lost_prepared_connection_is_replaced_once_its_owner_is_inside() {
    let (mut scene, lee, ana) = ana_is_ready();
    scene.say(ana, arrive());
    scene.commits(lee, &[ANA], &[]);
    scene.all_caught_up();
    let lost = MediaNews::Lost { generation: MediaGeneration(7) };
    scene.give(Input::Media { participant: ANA.id(), news: lost });
    assert_eq!(scene.media, [MediaOrder::Restart(ANA.id())]);
}

#[test]
fn a_closed_lobby_leaves_no_connection_behind() {
    let (mut scene, _, ana) = ana_is_ready();
    scene.loses(ana);
    assert_eq!(scene.media.last(), Some(&MediaOrder::Discard(ana)));
}

#[test]
fn whoever_is_declined_or_replaced_while_waiting_leaves_no_connection_behind() {
    let (mut scene, lee, ana) = ana_is_ready();
    scene.say(ana, arrive());
    scene.say(lee, ClientMessage::Decline { participant: ANA.id() });
    assert_eq!(scene.media.last(), Some(&MediaOrder::Discard(ana)));

    let (mut scene, _, ana) = ana_is_ready();
    scene.say(ana, arrive());
    scene.arrives(ANA);
    assert_eq!(scene.media.last(), Some(&MediaOrder::Discard(ana)));
}

#[test]
fn a_lobby_in_a_second_tab_does_not_disturb_the_first() {
    let mut scene = Scene::new(&[LEE, ANA]);
    let lee = scene.arrives(LEE);
    scene.opens(lee);
    let inside = scene.enters(ANA, lee);
    scene.all_caught_up();
    let second = scene.tab(ANA);
    scene.say(second, ClientMessage::PrepareMedia {});
    scene.is_offered_ahead(second, 9);
    scene.loses(second);
    assert_eq!(scene.hears_names(inside), [""; 0]);
    assert!(scene.inside.contains(&ANA.id()));
}

#[test]
fn a_lobby_prepares_once_and_answers_only_its_own_offer() {
    let (mut scene, _, ana) = ana_is_ready();
    scene.say(ana, ClientMessage::PrepareMedia {});
    assert_eq!(scene.refusal(ana), Some(RefusalCode::NotAllowed));
    let okafor = scene.tab(OKAFOR);
    scene.say(okafor, answer(7));
    assert_eq!(scene.refusal(okafor), Some(RefusalCode::NotArrived));
}

#[test]
fn an_answer_that_breaks_the_rules_closes_the_lobby_that_gave_it_and_no_other() {
    let (mut scene, lee, ana) = ana_is_ready();
    let news = MediaNews::AnswerRefused { generation: MediaGeneration(7) };
    scene.give(Input::Media { participant: ANA.id(), news });
    assert_eq!(scene.refusal(ana), Some(RefusalCode::BadAnswer));
    assert!(scene.closed(ana).is_some());
    assert_eq!(scene.closed(lee), None);
}
