//! The SafetyCode over real groups: through admission, reloads, updates and a server that lies.

use curtain_domain::Timestamp;
use curtain_e2ee::{Event, Payload, SafetyFailure, SafetyState, SafetyStep, SafetyView};

use crate::cast::{ANA, BEN, CAM, LEE, NOON, OKAFOR, Tab, Who, admit, device, land, later, opened};

const EVE: Who = Who(6, curtain_domain::VisitRole::Interpreter, "Eve Silva");

/// One sealed message on its way: from which tab.
struct Letter {
    from: usize,
    sealed: Vec<u8>,
}

fn view(tab: &mut Tab, now: Timestamp) -> SafetyView {
    tab.member.safety_code(now).unwrap()
}

/// What everybody wants said now.
fn letters(tabs: &mut [&mut Tab], now: Timestamp) -> Vec<Letter> {
    let mut found = Vec::new();
    for (from, tab) in tabs.iter_mut().enumerate() {
        view(tab, now);
        let said = tab.member.safety_messages().unwrap();
        found.extend(said.into_iter().map(|sealed| Letter { from, sealed }));
    }
    found
}

/// Delivers until nobody has anything to say; counts the letters.
fn settle(tabs: &mut [&mut Tab], now: Timestamp, passes: impl Fn(usize, usize) -> bool) -> usize {
    let mut count = 0;
    loop {
        let round = letters(tabs, now);
        if round.is_empty() {
            return count;
        }
        count += round.len();
        for Letter { from, sealed } in round {
            for (to, tab) in tabs.iter_mut().enumerate() {
                if to != from && passes(from, to) {
                    assert!(matches!(tab.member.process(&sealed, now), Ok(Event::SafetyCode)));
                }
            }
        }
    }
}

fn code(tab: &mut Tab) -> String {
    match view(tab, NOON).state {
        SafetyState::Code(code) => code,
        _ => panic!("{} shows no code", tab.who.0),
    }
}

/// All show the same, and which.
fn agreed(tabs: &mut [&mut Tab]) -> String {
    settle(tabs, NOON, |_, _| true);
    let first = code(tabs[0]);
    for tab in tabs {
        assert_eq!(code(tab), first);
    }
    first
}

#[test]
fn up_to_six_people_show_one_code_and_another_one_whenever_somebody_enters() {
    let (mut lee, _) = opened();
    assert!(view(&mut lee, NOON).state == SafetyState::Alone);
    let mut inside = vec![lee];
    let mut codes = std::collections::BTreeSet::new();
    for who in [ANA, OKAFOR, BEN, CAM, EVE] {
        let mut newcomer = who.fresh();
        let (host, others) = inside.split_first_mut().unwrap();
        admit(host, &mut newcomer, &mut others.iter_mut().collect::<Vec<_>>());
        inside.push(newcomer);
        let mut tabs: Vec<_> = inside.iter_mut().collect();
        assert!(view(tabs[0], NOON).state == SafetyState::Checking);
        let sent = settle(&mut tabs, NOON, |_, _| true);
        assert_eq!(sent, 2 * tabs.len());
        codes.insert(agreed(&mut tabs));
    }
    assert_eq!(codes.len(), 5);
}

#[test]
fn six_updates_change_nothing_and_say_nothing() {
    let (mut lee, _) = opened();
    let mut ana = ANA.fresh();
    admit(&mut lee, &mut ana, &mut []);
    let before = agreed(&mut [&mut lee, &mut ana]);
    for _ in 0..3 {
        let update = lee.member.update(NOON).unwrap();
        land(&mut lee, &update, &mut [&mut ana]);
        let update = ana.member.update(NOON).unwrap();
        land(&mut ana, &update, &mut [&mut lee]);
    }
    assert_eq!(settle(&mut [&mut lee, &mut ana], later(3_600), |_, _| true), 0);
    assert_eq!(agreed(&mut [&mut lee, &mut ana]), before);
}

#[test]
fn an_update_in_the_middle_of_a_round_disturbs_nobody() {
    let (mut lee, _) = opened();
    let mut ana = ANA.fresh();
    admit(&mut lee, &mut ana, &mut []);
    let committed = letters(&mut [&mut lee, &mut ana], NOON);
    let update = ana.member.update(NOON).unwrap();
    land(&mut ana, &update, &mut [&mut lee]);
    // Sealed in the epoch before, opened in this one.
    for Letter { from, sealed } in committed {
        let other = if from == 0 { &mut ana } else { &mut lee };
        assert!(matches!(other.process(&sealed), Ok(Event::SafetyCode)));
    }
    agreed(&mut [&mut lee, &mut ana]);
}

#[test]
fn who_reloads_is_a_new_leaf_and_the_code_is_new() {
    let (mut lee, _) = opened();
    let phone = device();
    let mut ana = ANA.tab(&phone, NOON);
    admit(&mut lee, &mut ana, &mut []);
    let before = agreed(&mut [&mut lee, &mut ana]);
    let mut again = ANA.tab(&phone, later(1));
    let output = lee.member.readmit(&again.key_package, NOON).unwrap();
    land(&mut lee, &output, &mut []);
    again.member.join(&output.welcome, NOON).unwrap();
    assert_ne!(agreed(&mut [&mut lee, &mut again]), before);
}

#[test]
fn the_same_two_after_a_third_has_left_answer_no_old_commitment() {
    let (mut lee, _) = opened();
    let (mut ana, mut ben) = (ANA.fresh(), BEN.fresh());
    admit(&mut lee, &mut ana, &mut []);
    let kept = letters(&mut [&mut lee, &mut ana], NOON);
    admit(&mut lee, &mut ben, &mut [&mut ana]);
    let out = lee.member.remove(BEN.id(), NOON).unwrap();
    land(&mut lee, &out, &mut [&mut ana]);
    // The server delivers now what it held back. MLS still opens it; the machine does not take it.
    for Letter { from, sealed } in kept {
        let other = if from == 0 { &mut ana } else { &mut lee };
        assert!(matches!(other.process(&sealed), Ok(Event::SafetyCode)));
    }
    let fresh = letters(&mut [&mut lee, &mut ana], NOON);
    assert_eq!(fresh.len(), 2, "the commitments of the new time and no reveal");
    for Letter { from, sealed } in fresh {
        let other = if from == 0 { &mut ana } else { &mut lee };
        other.process(&sealed).unwrap();
    }
    agreed(&mut [&mut lee, &mut ana]);
}

#[test]
fn who_never_answers_is_named_after_fifteen_seconds_and_heard_late() {
    let (mut lee, _) = opened();
    let (mut ana, mut ben) = (ANA.fresh(), BEN.fresh());
    admit(&mut lee, &mut ana, &mut []);
    admit(&mut lee, &mut ben, &mut [&mut ana]);
    let mut silent = Vec::new();
    for second in [0, 6, 12, 18] {
        let mut tabs = [&mut lee, &mut ana, &mut ben];
        silent = letters(&mut tabs[2..], later(second));
        settle(&mut tabs[..2], later(second), |_, _| true);
    }
    for tab in [&mut lee, &mut ana] {
        let SafetyState::Failed { why, who } = view(tab, later(18)).state else { panic!("not failed") };
        assert!(why == SafetyFailure::NoAnswer && who == [BEN.id()]);
    }
    assert!(silent.is_empty(), "the third failed by itself too: nobody answered it");
    // Pressed by all: the code is there.
    for tab in [&mut lee, &mut ana, &mut ben] {
        tab.member.try_safety_code_again(later(30)).unwrap();
    }
    let mut tabs = [&mut lee, &mut ana, &mut ben];
    settle(&mut tabs, later(30), |_, _| true);
    agreed(&mut tabs);
}

#[test]
fn somebody_between_two_groups_is_seen_by_the_code() {
    let ((mut lee, _), mallory_device) = (opened(), device());
    // The server plays Ana to the clinician, and the clinician to Ana.
    let mut false_ana = ANA.fresh();
    admit(&mut lee, &mut false_ana, &mut []);
    let mut false_lee = LEE.tab(&mallory_device, NOON);
    false_lee.open_group(&mallory_device, &[]);
    let mut ana = ANA.fresh();
    admit(&mut false_lee, &mut ana, &mut []);
    let here = agreed(&mut [&mut lee, &mut false_ana]);
    let there = agreed(&mut [&mut false_lee, &mut ana]);
    // One in a million that this line fails.
    assert_ne!(here, there);
    assert_ne!(lee.member.long_code(), ana.member.long_code());
}

#[test]
fn a_device_recognised_by_the_code_is_known_from_then_on_and_the_old_one_stays_so() {
    let (lee_device, phone) = (device(), device());
    let mut lee = LEE.tab(&lee_device, NOON);
    lee.open_group(&lee_device, &[]);
    let mut ana = ANA.fresh();
    let earlier = device().public();
    ana.member.remember(LEE.id(), earlier);
    let output = lee.member.admit(&ana.key_package, NOON).unwrap();
    land(&mut lee, &output, &mut []);
    assert!(ana.member.join(&output.welcome, NOON).unwrap().members[0].changed_device);
    ana.member.remember(LEE.id(), lee_device.public());
    assert!(!ana.member.roster().unwrap().members[0].changed_device);
    // A third device is a change again.
    let other = LEE.tab(&phone, later(1));
    let newcomer = ana.member.inspect_key_package(&other.key_package, later(1)).unwrap();
    assert!(newcomer.changed_device && !newcomer.known_device);
}

#[test]
fn a_word_that_the_code_is_different_reaches_the_others_as_it_was_said() {
    let (mut lee, _) = opened();
    let mut ana = ANA.fresh();
    admit(&mut lee, &mut ana, &mut []);
    agreed(&mut [&mut lee, &mut ana]);
    let said = Payload::CodeDiffers { since: 1, round: 0 };
    let sealed = ana.member.seal(&said).unwrap();
    let Ok(Event::Application { person, payload, .. }) = lee.process(&sealed) else { panic!("not heard") };
    assert!(person == ANA.id() && payload == said);
}

#[test]
fn the_messages_are_as_long_as_the_protocol_says() {
    let bytes = [7; 32];
    let message = |step| {
        Payload::SafetyCode(curtain_e2ee::SafetyMessage { roster: bytes, since: 9, round: 2, step }).encode()
    };
    let commit = message(SafetyStep::Commit { commitment: bytes });
    let reveal = message(SafetyStep::Reveal { commitments: bytes, nonce: bytes });
    assert!(commit.len() == 75 && commit[..11] == [0x10, 1, 0, 0, 0, 0, 0, 0, 0, 9, 2]);
    assert!(reveal.len() == 107 && reveal[..2] == [0x11, 1]);
    for whole in [commit, reveal] {
        assert!(Payload::decode(&whole).is_ok_and(|read| read.is_some_and(|read| read.encode() == whole)));
        assert!(Payload::decode(&whole[..whole.len() - 1]).is_err());
        assert!(Payload::decode(&[&whole[..], &[0]].concat()).is_err());
    }
}
