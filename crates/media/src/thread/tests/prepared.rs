//! A connection made ahead carries nothing before its owner has a seat, and everything from then on.

use core::time::Duration;

use super::network::{ANA, BEN, Network, VISIT};
use super::seconds;
use crate::command::{MediaCommand, Preparation, What};

const AHEAD: Preparation = Preparation(1);

/// Ana is inside; Ben has a connection that is up, and no seat.
fn ben_waits() -> Network {
    let mut network = Network::new();
    network.join(ANA, Duration::ZERO);
    network.prepare(BEN, AHEAD);
    network.run(seconds(2));
    assert!(network.client(ANA).connected && network.client(BEN).connected);
    network.told.clear();
    network
}

fn both_speak(network: &mut Network) {
    for _ in 0..10 {
        network.speak(ANA);
        network.speak(BEN);
        network.run(Duration::from_millis(20));
    }
}

fn joins(network: &mut Network, prepared: Option<Preparation>) {
    network.order(MediaCommand::Join { visit: VISIT, participant: BEN, prepared });
    network.run(Duration::from_millis(20));
}

#[test]
fn nothing_is_forwarded_before_the_seat() {
    let mut network = ben_waits();
    both_speak(&mut network);
    assert_eq!((network.client(ANA).received, network.client(BEN).received), (0, 0));
    assert!(network.told.is_empty(), "and nobody hears of it: {:?}", network.told);
}

#[test]
fn from_the_seat_on_everything_is_forwarded_without_another_offer() {
    let mut network = ben_waits();
    joins(&mut network, Some(AHEAD));
    let offered = network.told.iter().any(|event| matches!(event.what, What::Offer { .. }));
    let slots = network.told.iter().filter(|event| matches!(event.what, What::Slots { .. })).count();
    assert_eq!((offered, slots), (false, 2), "both learn who sits where");
    both_speak(&mut network);
    assert_eq!((network.client(ANA).received, network.client(BEN).received), (10, 10));
}

#[test]
fn a_prepared_connection_that_died_is_replaced_by_an_offer() {
    let mut network = ben_waits();
    network.unplug(BEN, true);
    network.run(seconds(20));
    assert!(network.told.is_empty(), "a lobby that goes dark is nobody's news: {:?}", network.told);
    joins(&mut network, Some(AHEAD));
    assert!(network.told.iter().any(|event| matches!(event.what, What::Offer { .. })));
}

#[test]
fn an_answer_that_comes_twice_changes_nothing() {
    let mut network = ben_waits();
    network.answer_again(BEN);
    joins(&mut network, Some(AHEAD));
    both_speak(&mut network);
    assert_eq!(network.client(BEN).received, 10);
    let refused = network.told.iter().any(|event| matches!(event.what, What::AnswerRefused { .. }));
    assert!(!refused, "and is not held against anybody");
}

#[test]
fn nobody_joins_with_what_was_prepared_for_another() {
    let mut network = Network::new();
    network.prepare(ANA, AHEAD);
    network.run(seconds(1));
    network.told.clear();
    joins(&mut network, Some(AHEAD));
    assert!(network.told.iter().any(|event| matches!(event.what, What::Offer { .. })));
}

#[test]
fn what_is_not_needed_leaves_nothing_behind() {
    let mut network = Network::new();
    network.prepare(BEN, AHEAD);
    network.order(MediaCommand::Discard { visit: VISIT, preparation: AHEAD });
    network.run(seconds(1));
    assert!(network.worker.holds_nothing());

    network.prepare(BEN, Preparation(2));
    network.order(MediaCommand::Close { visit: VISIT });
    network.run(seconds(1));
    assert!(network.worker.holds_nothing());
}
