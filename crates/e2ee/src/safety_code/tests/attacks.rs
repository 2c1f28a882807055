//! Somebody in between, and a server that holds back, repeats and mixes.

use super::*;
use crate::safety_code::SafetyStep;

#[test]
fn a_member_told_another_commitment_shows_no_code() {
    let mut world = World::of(3, &[1, 2, 3]);
    // Member 3 commits to one nonce towards 1 and to another towards 2.
    for (from, to, message) in &mut world.wire {
        if (*from, *to) == (3, 1) {
            message.step = SafetyStep::Commit { commitment: [7; 32] };
        }
    }
    world.deliver_all();
    // Nobody is blamed: to each of them it could have been either other.
    for who in [1, 2] {
        assert!(world.failure(who) == Some((SafetyFailure::Unequal, vec![])));
    }
    assert!([1, 2, 3].iter().all(|who| world.code(*who).is_none()));
}

#[test]
fn a_commitment_kept_from_an_earlier_time_with_the_same_people_counts_for_nothing() {
    let mut world = World::of(3, &[1, 2]);
    let kept: Vec<_> = world.wire.iter().cloned().collect();
    world.deliver_all();
    let first = world.agreed();
    world.become_of(&[1, 2, 3]);
    world.deliver_all();
    world.become_of(&[1, 2]);
    world.wire.clear();
    for (from, to, message) in kept {
        world.hear(from, to, &message);
    }
    assert!(world.wire.is_empty(), "nobody answered the old commitments");
    world.pass(TOO_LONG);
    world.deliver_all();
    assert_ne!(world.agreed(), first);
}

#[test]
fn two_groups_in_the_middle_show_two_codes() {
    // The clinician with somebody who plays the patient, and the patient with somebody who plays the clinician.
    let same = (0..200).filter(|seed| {
        let (mut one, mut other) = (World::of(*seed, &[1, 8]), World::of(seed + 1_000, &[9, 2]));
        one.deliver_all();
        other.deliver_all();
        one.agreed() == other.agreed()
    });
    assert_eq!(same.count(), 0);
}

/// The most that somebody in between gets: look at a round's code first, and hold the reveal back if it doesn't fit.
#[test]
fn who_holds_reveals_back_draws_three_times_and_no_more() {
    let mut world = World::of(3, &[1, 2]);
    let mut draws = std::collections::BTreeSet::new();
    for _ in 0..10 {
        world.deliver(|from, _, message| from == 1 || !matches!(message.step, SafetyStep::Reveal { .. }));
        draws.extend(world.code(2));
        assert!(world.code(1).is_none());
        world.pass(TOO_LONG);
    }
    assert!(draws.len() == 3 && world.view(1).started == 3);
    assert!(world.failure(1).is_some(), "a screen that says so, not a code");
}

#[test]
fn an_attacker_who_presses_alone_begins_no_round() {
    let mut world = World::of(3, &[1, 2]);
    world.deliver_all();
    let code = world.agreed();
    let view = world.view(1);
    for round in 3..=7 {
        let step = SafetyStep::Commit { commitment: [round; 32] };
        let message = SafetyMessage { roster: circle(&[1, 2], 1, 1).roster, since: view.since, round, step };
        world.hear(2, 1, &message);
    }
    assert!(world.code(1) == Some(code) && world.view(1).started == 1 && world.wire.is_empty());
}
