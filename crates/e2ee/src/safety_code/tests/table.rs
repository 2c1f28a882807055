//! Each row of the machine's table: what is ignored, what is kept, what fails and who is named.

use super::*;
use crate::safety_code::SafetyStep;

fn is_reveal(message: &SafetyMessage) -> bool {
    matches!(message.step, SafetyStep::Reveal { .. })
}

/// Delivers all but what this member says in reveals.
fn without_reveals_of(world: &mut World, who: u8) {
    world.deliver(|from, _, message| from != who || !is_reveal(message));
}

#[test]
fn what_is_of_another_roster_time_epoch_or_stranger_is_not_heard() {
    let mut world = World::of(3, &[1, 2]);
    let (_, _, commit) = world.wire[0].clone();
    assert!(world.wire[0].0 == 1 && world.wire[0].1 == 2);
    let mut other_roster = commit.clone();
    other_roster.roster[0] ^= 1;
    let mut other_time = commit.clone();
    other_time.since += 1;
    let mut too_far = commit.clone();
    too_far.round = 8;
    for message in [&other_roster, &other_time, &too_far] {
        world.hear(1, 2, message);
    }
    world.hear(9, 2, &commit);
    world.hear(2, 2, &commit);
    let moment = world.moment();
    let earlier = Origin { leaf_key: key(1), epoch: 0 };
    world.side(2).hear(earlier, &commit, moment).unwrap();
    // Still nothing but the own commitment: no reveal has come of it.
    assert!(world.is_checking(2) && !world.wire.iter().any(|(from, _, m)| *from == 2 && is_reveal(m)));
    assert!(world.view(2).asked_by.is_empty());
    world.deliver_all();
    world.agreed();
}

#[test]
fn nobody_reveals_before_all_commitments_are_there() {
    let mut world = World::of(3, &[1, 2, 3]);
    world.deliver(|from, to, _| !(from == 3 && to == 1));
    assert!(!world.wire.iter().any(|(from, _, _)| *from == 1));
    assert!(world.is_checking(1));
}

#[test]
fn a_reveal_that_comes_before_the_last_commitment_is_kept() {
    let mut world = World::of(3, &[1, 2, 3]);
    let late: Vec<_> = world.wire.iter().filter(|(from, to, _)| *from == 3 && *to == 1).cloned().collect();
    world.deliver(|from, to, message| is_reveal(message) || !(from == 3 && to == 1));
    assert!(world.is_checking(1) && world.view(1).round == 0);
    for (from, to, message) in late {
        world.hear(from, to, &message);
    }
    world.deliver_all();
    world.agreed();
    assert_eq!(world.view(1).round, 0);
}

#[test]
fn a_commitment_heard_twice_counts_once_and_two_different_ones_are_a_failure() {
    let mut world = World::of(3, &[1, 2, 3]);
    let (_, _, mut commit) = world.wire.iter().find(|(from, _, _)| *from == 2).unwrap().clone();
    world.hear(2, 1, &commit);
    world.hear(2, 1, &commit);
    assert!(world.is_checking(1));
    commit.step = SafetyStep::Commit { commitment: [9; 32] };
    world.hear(2, 1, &commit);
    assert!(world.failure(1) == Some((SafetyFailure::TwoCommitments, vec![person(2)])));
    // What comes later makes no success of it.
    world.deliver_all();
    assert!(world.code(1).is_none());
}

#[test]
fn a_nonce_other_than_promised_is_a_failure_of_its_sender() {
    let mut world = World::of(3, &[1, 2, 3]);
    without_reveals_of(&mut world, 2);
    let held = match &world.side(1).round.as_ref().unwrap().stage {
        super::super::Stage::Reveal(hash) => *hash,
        _ => panic!("not revealing"),
    };
    let view = world.view(1);
    let step = SafetyStep::Reveal { commitments: held, nonce: [5; 32] };
    let roster = circle(&[1, 2, 3], 1, 1).roster;
    let message = SafetyMessage { roster, since: view.since, round: view.round, step };
    world.hear(2, 1, &message);
    assert!(world.failure(1) == Some((SafetyFailure::FalseReveal, vec![person(2)])));
}

#[test]
fn a_withheld_commitment_begins_two_more_rounds_and_then_names_who_is_silent() {
    let mut world = World::of(3, &[1, 2, 3]);
    for round in 0..3 {
        assert!(world.is_checking(1) && world.view(1).round == round);
        world.deliver(|from, _, _| from != 3);
        world.pass(TOO_LONG);
    }
    for who in [1, 2] {
        assert!(world.failure(who) == Some((SafetyFailure::NoAnswer, vec![person(3)])));
        assert!(world.view(who).due.is_none() && world.view(who).can_try_again);
    }
}

#[test]
fn a_withheld_reveal_ends_the_same_and_shows_no_code_on_either_side() {
    let mut world = World::of(3, &[1, 2]);
    for _ in 0..3 {
        without_reveals_of(&mut world, 2);
        world.pass(TOO_LONG);
    }
    assert!(world.failure(1) == Some((SafetyFailure::NoAnswer, vec![person(2)])));
    assert!(world.code(2).is_some(), "who withholds has all that is needed: that is the one draw they get");
}

#[test]
fn what_comes_after_the_last_deadline_still_heals_the_failure() {
    let mut world = World::of(3, &[1, 2]);
    for _ in 0..2 {
        world.wire.clear();
        world.pass(TOO_LONG);
    }
    let held: VecDeque<_> = core::mem::take(&mut world.wire);
    world.pass(TOO_LONG);
    assert!(world.failure(1).is_some() && world.failure(2).is_some());
    world.wire = held;
    world.deliver_all();
    world.agreed();
    assert_eq!(world.view(1).started, 3);
}

#[test]
fn one_reveal_withheld_from_one_member_takes_all_into_the_next_round() {
    let mut world = World::of(3, &[1, 2, 3]);
    world.deliver(|from, to, message| !(is_reveal(message) && from == 3 && to == 1));
    assert!(world.is_checking(1) && world.code(2).is_some() && world.code(2) == world.code(3));
    world.pass(TOO_LONG);
    world.deliver_all();
    world.agreed();
    assert!([1, 2, 3].iter().all(|who| world.view(*who).round == 1));
}

#[test]
fn try_again_takes_a_press_of_everybody() {
    let mut world = World::of(3, &[1, 2]);
    for _ in 0..3 {
        world.wire.clear();
        world.pass(TOO_LONG);
    }
    world.wire.clear();
    world.press_try_again(1);
    world.deliver_all();
    assert_eq!(world.view(1).round, 3);
    assert!(world.view(2).round == 2 && world.view(2).asked_by == [person(1)]);
    assert!(world.code(1).is_none() && world.code(2).is_none());
    world.pass(TOO_LONG);
    // However long it takes the other to press: nothing is lost.
    assert!(world.failure(1) == Some((SafetyFailure::NoAnswer, vec![person(2)])));
    world.press_try_again(2);
    world.deliver_all();
    world.agreed();
    assert!(world.view(2).asked_by.is_empty());
}

#[test]
fn who_has_a_code_is_asked_too_when_another_presses() {
    let mut world = World::of(3, &[1, 2]);
    for _ in 0..2 {
        world.wire.clear();
        world.pass(TOO_LONG);
    }
    without_reveals_of(&mut world, 2);
    world.pass(TOO_LONG);
    assert!(world.failure(1).is_some() && world.code(2).is_some());
    world.press_try_again(1);
    world.deliver_all();
    assert!(world.view(2).asked_by == [person(1)] && world.view(2).can_try_again);
    world.press_try_again(2);
    world.deliver_all();
    world.agreed();
}

#[test]
fn pressing_does_nothing_while_all_is_well() {
    let mut world = World::of(3, &[1, 2]);
    world.press_try_again(1);
    assert_eq!(world.view(1).round, 0);
    world.deliver_all();
    let code = world.agreed();
    assert!(!world.view(1).can_try_again);
    world.press_try_again(1);
    assert!(world.agreed() == code && world.wire.is_empty());
}

#[test]
fn after_the_seventh_round_nobody_can_try_again_until_the_roster_changes() {
    let mut world = World::of(3, &[1, 2]);
    for _ in 0..7 {
        world.wire.clear();
        world.pass(TOO_LONG);
        world.press_try_again(1);
        world.press_try_again(2);
    }
    world.wire.clear();
    world.pass(TOO_LONG);
    assert!(world.view(1).round == 7 && !world.view(1).can_try_again);
    world.become_of(&[1, 2, 3]);
    world.deliver_all();
    world.agreed();
}

#[test]
fn thirty_two_rounds_in_a_visit_are_all_there_are_over_all_rosters_and_leaves() {
    let mut world = World::of(3, &[1, 2]);
    for _ in 0..31 {
        world.become_of(&[1, 2]);
    }
    world.deliver_all();
    world.agreed();
    assert_eq!(world.view(1).started, 32);
    world.become_of(&[1, 2]);
    assert!(world.failure(1) == Some((SafetyFailure::TooManyRounds, vec![])));
    assert!(!world.view(1).can_try_again);
    world.deliver_all();
    assert!(world.code(1).is_none() && world.code(2).is_none());
    // A new leaf of the same browser goes on counting where the old one was.
    let mut again = SafetyCode::new(Suite::new().unwrap());
    again.continue_from(32);
    again.enter(circle(&[1, 2], 99, 1), world.moment()).unwrap();
    assert!(matches!(again.view().state, SafetyState::Failed { why: SafetyFailure::TooManyRounds, .. }));
}
