//! The worker with real connections on a clock and a network that are turned by hand.

mod client;
mod faults;
mod network;
mod prepared;

use core::time::Duration;

use curtain_domain::ParticipantId;

use crate::command::{MediaCommand, What};
use network::{ANA, BEN, Network, VISIT};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Both are connected.
fn two_people() -> Network {
    let mut network = Network::new();
    network.join(ANA, Duration::ZERO);
    network.join(BEN, Duration::ZERO);
    network.run(seconds(2));
    assert!(network.client(ANA).connected && network.client(BEN).connected);
    network.told.clear();
    network
}

fn was_lost(network: &Network, who: ParticipantId) -> bool {
    network.told.iter().any(|event| event.participant == who && matches!(event.what, What::Lost { .. }))
}

#[test]
fn however_late_the_answer_comes_the_first_round_trips_connect() {
    for late in [0, 50, 300, 1_000, 3_000] {
        let mut network = Network::new();
        network.join(ANA, Duration::from_millis(late));
        network.run(Duration::from_millis(late + 400));
        assert!(network.client(ANA).connected, "{late} ms late");
    }
}

#[test]
fn sealed_sound_of_one_reaches_the_other() {
    let mut network = two_people();
    for _ in 0..10 {
        network.speak(ANA);
        network.run(Duration::from_millis(20));
    }
    assert_eq!(network.client(BEN).received, 10);
    assert_eq!(network.client(ANA).received, 0);
}

/// Every seventh packet is lost while a hundred frames are shown. Returns how many of all 110 arrived.
fn shown_despite_loss(payload_type: u8, only_down: bool) -> usize {
    let mut network = two_people();
    network.only_down = only_down;
    for frame in 0..110 {
        // A loss at the very end can't be noticed: nothing comes after it.
        network.one_lost_of = if frame < 100 { 7 } else { 0 };
        network.show(ANA, payload_type);
        network.run(Duration::from_millis(30));
    }
    network.run(seconds(1));
    network.client(BEN).shown.iter().filter(|(shown_as, _)| *shown_as == payload_type).count()
}

#[test]
fn lost_video_is_asked_for_again_on_both_hops() {
    assert_eq!(shown_despite_loss(96, false), 110);
}

#[test]
fn lost_vp9_is_sent_again_as_vp9() {
    // Downwards only: the client is rtc, which sends VP9 again as VP8 (trap T3).
    assert_eq!(shown_despite_loss(98, true), 110);
}

#[test]
fn media_follows_a_participant_into_another_network() {
    let mut network = two_people();
    network.move_to_another_address(BEN);
    // The next check proves the new address, the next packet after it shows the way.
    network.run(seconds(5));
    network.speak(BEN);
    network.run(Duration::from_millis(20));
    for _ in 0..10 {
        network.speak(ANA);
        network.run(Duration::from_millis(20));
    }
    assert_eq!(network.client(BEN).received, 10);
    network.run(seconds(60));
    assert!(!was_lost(&network, BEN));
}

#[test]
fn a_datagram_of_a_stranger_moves_nobodys_media() {
    let mut network = two_people();
    for first in [0_u8, 22, 128, 200] {
        network.inject_from_elsewhere(&[first; 60]);
    }
    network.speak(ANA);
    network.run(Duration::from_millis(20));
    assert_eq!(network.client(BEN).received, 1);
}

#[test]
fn one_who_falls_silent_is_lost_after_twelve_seconds_and_back_when_heard() {
    let mut network = two_people();
    network.run(seconds(60));
    assert!(!was_lost(&network, BEN), "checks alone are signs of life");
    network.unplug(BEN, true);
    network.run(seconds(10));
    assert!(!was_lost(&network, BEN));
    network.run(seconds(5));
    assert!(was_lost(&network, BEN));
    assert!(!was_lost(&network, ANA));
    network.told.clear();
    network.unplug(BEN, false);
    network.run(seconds(5));
    assert!(network.told.iter().any(|event| matches!(event.what, What::Connected { .. })));
}

#[test]
fn nothing_is_kept_of_people_who_left() {
    let mut network = two_people();
    for _ in 0..5 {
        network.order(MediaCommand::Leave { visit: VISIT, participant: BEN });
        network.join(BEN, Duration::ZERO);
        network.run(seconds(1));
        network.order(MediaCommand::Restart { visit: VISIT, participant: ANA });
    }
    network.order(MediaCommand::Leave { visit: VISIT, participant: BEN });
    network.order(MediaCommand::Leave { visit: VISIT, participant: ANA });
    assert!(network.worker.is_idle());
    assert!(network.worker.holds_nothing());
}

#[test]
fn a_closed_visit_leaves_nothing_either() {
    let mut network = two_people();
    network.order(MediaCommand::Close { visit: VISIT });
    assert!(network.worker.holds_nothing());
}

#[test]
fn an_engine_that_panics_ends_one_connection_and_no_other() {
    let (mut worker, told) = faults::one_that_panics_beside(BEN, ANA);
    faults::talk_to_both(&mut worker);
    let lost: Vec<_> = worker
        .events()
        .chain(told)
        .filter(|event| matches!(event.what, What::Lost { .. }))
        .map(|event| event.participant)
        .collect();
    assert_eq!(lost, [BEN]);
    assert!(faults::still_works(&mut worker, ANA));
}
