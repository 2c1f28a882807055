//! Members who follow the protocol, on lines that delay, reorder and lose.

use proptest::prelude::*;

use super::*;

#[test]
fn two_to_six_members_show_one_code_after_two_messages_each() {
    for count in 2..=6_u8 {
        let members: Vec<u8> = (1..=count).collect();
        let mut world = World::of(7, &members);
        assert!(members.iter().all(|who| world.is_checking(*who)));
        let commits = world.wire.len();
        assert_eq!(commits, members.len() * (members.len() - 1));
        let mut letters = 0;
        while !world.wire.is_empty() {
            letters += 1;
            world.deliver_at(0);
        }
        assert_eq!(letters, 2 * commits);
        let code = world.agreed();
        assert!(code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit()));
    }
}

#[test]
fn who_is_alone_has_nothing_to_compare() {
    let world = World::of(1, &[1]);
    assert!(world.view(1).state == SafetyState::Alone && world.wire.is_empty());
    let mut world = World::of(1, &[1, 2]);
    world.deliver_all();
    world.become_of(&[1]);
    assert!(world.view(1).state == SafetyState::Alone);
}

#[test]
fn the_code_is_another_one_when_somebody_enters_and_again_when_they_leave() {
    let mut world = World::of(3, &[1, 2]);
    world.deliver_all();
    let first = world.agreed();
    world.become_of(&[1, 2, 3]);
    assert!(world.is_checking(1), "the old code is not shown any more");
    world.deliver_all();
    let second = world.agreed();
    world.become_of(&[1, 2]);
    world.deliver_all();
    let third = world.agreed();
    assert!(first != second && second != third && first != third);
}

#[test]
fn an_epoch_with_the_same_members_changes_nothing_and_says_nothing() {
    let mut world = World::of(3, &[1, 2]);
    world.deliver_all();
    let code = world.agreed();
    let since = world.epoch;
    world.epoch += 6;
    for who in [1, 2] {
        let moment = world.moment();
        world.side(who).enter(circle(&[1, 2], since, who), moment).unwrap();
    }
    world.collect();
    assert!(world.wire.is_empty());
    assert_eq!(world.agreed(), code);
}

#[test]
fn somebody_who_enters_in_the_middle_of_a_round_begins_it_anew() {
    let mut world = World::of(3, &[1, 2]);
    world.deliver_at(0);
    world.become_of(&[1, 2, 3]);
    world.deliver_all();
    world.agreed();
    assert_eq!(world.view(1).round, 0);
}

#[test]
fn letters_two_seconds_late_are_in_time() {
    let mut world = World::of(3, &[1, 2, 3]);
    world.pass(Duration::from_secs(2));
    let reveals_wait = |_: u8, _: u8, message: &SafetyMessage| {
        matches!(message.step, crate::safety_code::SafetyStep::Commit { .. })
    };
    let commits: Vec<_> =
        world.wire.iter().filter(|(from, to, m)| reveals_wait(*from, *to, m)).cloned().collect();
    world.wire.clear();
    for (from, to, message) in commits {
        world.hear(from, to, &message);
    }
    world.pass(Duration::from_secs(4));
    world.deliver_all();
    world.agreed();
    assert_eq!(world.view(1).round, 0);
}

#[derive(Debug, Clone)]
enum Luck {
    Deliver(prop::sample::Index),
    Lose(prop::sample::Index),
    Wait(u16),
}

fn any_luck() -> impl Strategy<Value = Luck> {
    prop_oneof![
        8 => any::<prop::sample::Index>().prop_map(Luck::Deliver),
        1 => any::<prop::sample::Index>().prop_map(Luck::Lose),
        1 => (0..4_000_u16).prop_map(Luck::Wait),
    ]
}

proptest! {
    /// Whatever the line does: two members who show a code of the same round show the same one, and once the line is
    /// good again all of them do.
    #[test]
    fn honest_members_never_show_different_codes(
        seed: u64, count in 2..=6_u8, luck in prop::collection::vec(any_luck(), 0..120),
    ) {
        let members: Vec<u8> = (1..=count).collect();
        let mut world = World::of(seed, &members);
        for event in luck {
            match event {
                _ if world.wire.is_empty() => {}
                Luck::Deliver(at) => world.deliver_at(at.index(world.wire.len())),
                Luck::Lose(at) => { world.wire.remove(at.index(world.wire.len())); }
                Luck::Wait(millis) => world.pass(Duration::from_millis(millis.into())),
            }
            for (one, other) in members.iter().zip(&members[1..]) {
                let same_round = world.view(*one).round == world.view(*other).round;
                if let (true, Some(a), Some(b)) = (same_round, world.code(*one), world.code(*other)) {
                    prop_assert_eq!(a, b);
                }
            }
        }
        // The line is good again; whoever still has no code presses.
        world.deliver_all();
        for _ in 0..4 {
            world.pass(TOO_LONG);
            world.deliver_all();
        }
        for _ in 0..2 {
            for who in &members {
                // Does nothing for who has a code and was not asked.
                world.press_try_again(*who);
                world.deliver_all();
            }
        }
        world.agreed();
    }
}
