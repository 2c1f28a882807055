//! Visits of two, three and six people on a clock that is turned by hand.

use core::time::Duration;

use bytes::Bytes;
use curtain_domain::ParticipantId;
use curtain_protocol::TrackKind;
use uuid::Uuid;

use super::{Action, Incoming, Outgoing, Visit};
use crate::layout::{Codec, SLOTS, SlotIndex};
use crate::moment::Moment;

const ANA: ParticipantId = ParticipantId::from_uuid(Uuid::from_u128(1));
const BEN: ParticipantId = ParticipantId::from_uuid(Uuid::from_u128(2));
const CEM: ParticipantId = ParticipantId::from_uuid(Uuid::from_u128(3));

fn at(millis: u64) -> Moment {
    Moment::after_start(Duration::from_millis(millis))
}

/// All of them are members and connected.
fn visit(people: &[ParticipantId]) -> Visit {
    let mut visit = Visit::default();
    for &person in people {
        visit.join(person);
        visit.connected(at(0), person, &mut Vec::new());
    }
    visit
}

/// A sealed camera frame of one packet.
fn frame(sequence: u16) -> Incoming {
    let [_, counter_high, counter] = [0, 1, 2].map(|byte| u32::from(sequence).to_be_bytes()[byte + 1]);
    let header = [0x10, 0x11, 0x00, 0x00, 0b1001_1001, 0x12, 0x07, counter_high, counter];
    let payload = Bytes::from([&header[..], &[0xAA; 60]].concat());
    Incoming { kind: TrackKind::Camera, codec: Codec::Vp8, marker: true, sequence, timestamp: 3_000, payload }
}

fn clear_frame(sequence: u16) -> Incoming {
    Incoming {
        payload: Bytes::from_static(&[0x10, 0x50, 0x42, 0x01, 0x9d, 0x01, 0x2a, 0, 0]),
        ..frame(sequence)
    }
}

/// A packet comes from `from`; returns what follows.
fn give(visit: &mut Visit, now: Moment, from: ParticipantId, packet: &Incoming) -> Vec<Action> {
    let mut actions = Vec::new();
    visit.packet(now, from, packet, &mut actions);
    actions
}

fn forwarded(actions: &[Action]) -> Vec<(ParticipantId, &Outgoing)> {
    let forwards = actions.iter().filter_map(|action| match action {
        Action::Forward { to, packet } => Some((*to, packet)),
        _ => None,
    });
    forwards.collect()
}

#[test]
fn everyone_else_receives_a_packet_and_its_sender_does_not() {
    let mut visit = visit(&[ANA, BEN, CEM]);
    let actions = give(&mut visit, at(1), ANA, &frame(7));
    let receivers: Vec<_> = forwarded(&actions).into_iter().map(|(to, _)| to).collect();
    assert_eq!(receivers, [BEN, CEM]);
    for (_, packet) in forwarded(&actions) {
        assert_eq!(packet.slot, SlotIndex::at(0, TrackKind::Camera));
        assert_eq!(packet.payload, frame(7).payload);
    }
}

#[test]
fn who_is_not_connected_yet_is_sent_nothing() {
    let mut visit = visit(&[ANA, BEN]);
    visit.join(CEM);
    assert_eq!(forwarded(&give(&mut visit, at(1), ANA, &frame(7))).len(), 1);
}

#[test]
fn six_people_fill_every_seat_and_each_sees_the_five_others() {
    let people: Vec<_> = (1..=6).map(|number| ParticipantId::from_uuid(Uuid::from_u128(number))).collect();
    let mut visit = visit(&people);
    for &person in &people {
        let slots = visit.slots_of(person);
        assert_eq!(slots.len(), SLOTS);
        let mut seen: Vec<_> = slots.iter().map(|slot| slot.participant.unwrap()).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 5);
        assert!(!seen.contains(&person));
    }
    assert_eq!(forwarded(&give(&mut visit, at(1), people[3], &frame(1))).len(), 5);
}

#[test]
fn a_newcomer_changes_the_others_slots_and_needs_their_key_frames() {
    let mut visit = visit(&[ANA, BEN]);
    give(&mut visit, at(1), ANA, &frame(1));
    assert_eq!(visit.join(CEM), [ANA, BEN]);
    let mut actions = Vec::new();
    visit.connected(at(100), CEM, &mut actions);
    assert_eq!(actions, [Action::AskKeyFrame { of: ANA, kind: TrackKind::Camera }], "Ben sends no video");
}

#[test]
fn one_who_left_receives_nothing_and_frees_the_seat() {
    let mut visit = visit(&[ANA, BEN, CEM]);
    assert_eq!(visit.leave(CEM), [ANA, BEN]);
    assert_eq!(forwarded(&give(&mut visit, at(1), ANA, &frame(1))).len(), 1);
    assert!(give(&mut visit, at(1), CEM, &frame(1)).is_empty(), "what still comes is dropped");
    assert!(visit.slots_of(ANA).iter().all(|slot| slot.participant != Some(CEM)));
}

#[test]
fn one_who_comes_back_has_the_same_slots_and_numbers_go_on() {
    let mut visit = visit(&[ANA, BEN]);
    let before = give(&mut visit, at(0), BEN, &frame(60_000));
    visit.leave(BEN);
    visit.join(BEN);
    visit.connected(at(500), BEN, &mut Vec::new());
    let after = give(&mut visit, at(1_000), BEN, &frame(5));
    let (first, second) = (forwarded(&before)[0].1, forwarded(&after)[0].1);
    assert_eq!(first.slot, second.slot);
    assert_eq!(second.sequence, first.sequence + 1);
    assert_eq!(second.timestamp.wrapping_sub(first.timestamp), 90_000);
}

#[test]
fn a_restart_keeps_the_seats_and_begins_new_streams() {
    let mut visit = visit(&[ANA, BEN]);
    let before = give(&mut visit, at(0), BEN, &frame(60_000));
    visit.restart(BEN);
    assert_eq!(visit.slots_of(BEN)[0].participant, Some(ANA));
    assert!(forwarded(&give(&mut visit, at(1), ANA, &frame(1))).is_empty(), "not connected again yet");
    let after = give(&mut visit, at(1_000), BEN, &frame(5));
    assert_eq!(forwarded(&after)[0].1.sequence, forwarded(&before)[0].1.sequence + 1);
}

#[test]
fn clear_media_reaches_nobody_and_is_reported_once() {
    let mut visit = visit(&[ANA, BEN]);
    let first = give(&mut visit, at(0), ANA, &clear_frame(1));
    assert_eq!(first, [Action::Unsealed { of: ANA, kind: TrackKind::Camera }]);
    for sequence in 2..100 {
        assert!(give(&mut visit, at(u64::from(sequence)), ANA, &clear_frame(sequence)).is_empty());
    }
    assert_eq!(give(&mut visit, at(5_000), ANA, &clear_frame(100)).len(), 1, "and again while it goes on");
}

#[test]
fn padding_keeps_the_numbers_going_and_is_no_clear_media() {
    let mut visit = visit(&[ANA, BEN]);
    let padding = Incoming { payload: Bytes::new(), ..frame(1) };
    assert_eq!(forwarded(&give(&mut visit, at(0), ANA, &padding)).len(), 1);
}

#[test]
fn a_copy_is_forwarded_once() {
    let mut visit = visit(&[ANA, BEN]);
    assert_eq!(give(&mut visit, at(0), ANA, &frame(1)).len(), 1);
    assert!(give(&mut visit, at(1), ANA, &frame(1)).is_empty());
}

#[test]
fn two_who_can_not_see_ask_for_one_key_frame_a_second() {
    let mut visit = visit(&[ANA, BEN, CEM]);
    give(&mut visit, at(0), ANA, &frame(1));
    let slot = SlotIndex::at(0, TrackKind::Camera);
    let mut actions = Vec::new();
    for millis in (0..10_000).step_by(20) {
        let now = at(20_000 + millis);
        visit.key_frame_wanted(now, BEN, slot, &mut actions);
        visit.key_frame_wanted(now, CEM, slot, &mut actions);
        visit.tick(now, &mut actions);
    }
    assert_eq!(actions.len(), 10);
    actions.clear();
    visit.tick(at(31_000), &mut actions);
    assert_eq!(actions.len(), 1, "the last request was deferred, not dropped");
    assert_eq!(visit.wakes_at(), None);
}

#[test]
fn nobody_asks_for_sound_or_an_empty_seat() {
    let mut visit = visit(&[ANA, BEN]);
    let mut actions = Vec::new();
    for slot in SlotIndex::all() {
        visit.key_frame_wanted(at(0), BEN, slot, &mut actions);
    }
    assert!(actions.is_empty());
}

#[test]
fn a_gap_is_asked_of_the_publisher_and_a_receivers_gap_is_filled_here() {
    let mut visit = visit(&[ANA, BEN]);
    let sent: Vec<_> = [1, 2, 4].map(|sequence| give(&mut visit, at(0), ANA, &frame(sequence))).concat();
    let mut actions = Vec::new();
    visit.tick(at(20), &mut actions);
    assert_eq!(actions, [Action::AskAgain { of: ANA, kind: TrackKind::Camera, sequences: vec![3] }]);

    actions.clear();
    let second = forwarded(&sent)[1].1.clone();
    visit.missed(BEN, second.slot, &[second.sequence, second.sequence + 1], &mut actions);
    assert_eq!(
        actions,
        [Action::Repeat { to: BEN, packet: second }],
        "the one that never came can't be repeated"
    );
}

#[test]
fn nothing_of_the_last_person_is_repeated_to_a_slot() {
    let mut visit = visit(&[ANA, BEN]);
    give(&mut visit, at(0), BEN, &frame(1));
    visit.leave(BEN);
    visit.join(CEM);
    give(&mut visit, at(1), CEM, &frame(1));
    let mut actions = Vec::new();
    visit.missed(ANA, SlotIndex::at(0, TrackKind::Camera), &[1], &mut actions);
    assert!(actions.is_empty());
}
