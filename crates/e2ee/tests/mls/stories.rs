//! What happens in visits that go well, or badly through nobody's fault: admission, races, reloads, crashes, leaving.

use crate::cast::{ANA, BEN, LEE, NOON, OKAFOR, admit, assert_agree, device, land, later, opened, refusal};
use curtain_domain::PersonName;
use curtain_e2ee::{Cause, Context, Event, Payload, Refusal, Tracks};

#[test]
fn a_clinician_a_patient_and_a_colleague_share_one_group() {
    let (mut lee, _) = opened();
    let (mut ana, mut okafor) = (ANA.fresh(), OKAFOR.fresh());
    admit(&mut lee, &mut ana, &mut []);
    admit(&mut lee, &mut okafor, &mut [&mut ana]);
    assert_agree(&[&lee, &ana, &okafor]);
    let roster = ana.member.roster().unwrap();
    assert_eq!(roster.epoch, 2);
    assert_eq!(roster.clinician, LEE.id());
    let names: Vec<_> = roster.members.iter().map(|member| (member.leaf, member.name.as_str())).collect();
    assert_eq!(names, [(0, "Dr Maya Lee"), (1, ""), (2, "Dr Tom Okafor")]);
    assert_eq!(roster.members.iter().map(|member| member.admits).collect::<Vec<_>>(), [true, false, true]);
    assert!(roster.members[1].me && !roster.members[0].me);
}

#[test]
fn what_is_said_arrives_with_its_sender_and_a_name_comes_by_hello() {
    let (mut lee, _) = opened();
    let mut ana = ANA.fresh();
    admit(&mut lee, &mut ana, &mut []);
    let hello = Payload::Hello(PersonName::parse("Ana Ruiz").unwrap());
    for said in [hello, Payload::Chat("Hello".into()), Payload::Ready(1), Payload::Tracks(Tracks::default())]
    {
        let sealed = ana.member.seal(&said).unwrap();
        let Ok(Event::Application { epoch: 1, leaf: 1, person, payload }) = lee.process(&sealed) else {
            panic!("not an application message");
        };
        assert!(person == ANA.id() && payload == said);
    }
    assert_eq!(lee.member.roster().unwrap().members[1].name, "Ana Ruiz");
}

#[test]
fn our_own_words_come_back_and_change_nothing() {
    let (mut lee, _) = opened();
    let mut ana = ANA.fresh();
    admit(&mut lee, &mut ana, &mut []);
    let sealed = lee.member.seal(&Payload::Chat("echo".into())).unwrap();
    assert!(matches!(lee.process(&sealed), Ok(Event::Ignored)));
    assert!(matches!(ana.process(&sealed), Ok(Event::Application { .. })));
}

#[test]
fn a_name_of_staff_can_not_be_changed_by_a_hello() {
    let (mut lee, _) = opened();
    let mut ana = ANA.fresh();
    admit(&mut lee, &mut ana, &mut []);
    let hello = Payload::Hello(PersonName::parse("Somebody Else").unwrap());
    let sealed = lee.member.seal(&hello).unwrap();
    assert_eq!(refusal(ana.process(&sealed)), Some(Refusal::BadName));
    assert_eq!(ana.member.roster().unwrap().members[0].name, "Dr Maya Lee");
}

#[test]
fn an_update_renews_every_key_and_leaves_the_code_alone() {
    let (mut lee, _) = opened();
    let mut ana = ANA.fresh();
    admit(&mut lee, &mut ana, &mut []);
    let (code, key) = (lee.member.long_code().unwrap(), lee.member.frame_key(1, Context::Camera).unwrap());
    let update = ana.member.update(NOON).unwrap();
    let Ok(Event::Commit { committer: 1, own: false, cause: Cause::Update, .. }) =
        lee.process(&update.commit)
    else {
        panic!("not an update");
    };
    assert!(matches!(ana.process(&update.commit), Ok(Event::Commit { own: true, .. })));
    assert_agree(&[&lee, &ana]);
    assert_eq!(lee.member.long_code().unwrap(), code);
    assert_eq!(code.len(), 30);
    let renewed = lee.member.frame_key(1, Context::Camera).unwrap();
    assert!(renewed.key != key.key && renewed.kid == key.kid + 1);
}

#[test]
fn the_code_changes_when_somebody_enters() {
    let (mut lee, _) = opened();
    let (mut ana, mut ben) = (ANA.fresh(), BEN.fresh());
    admit(&mut lee, &mut ana, &mut []);
    let before = lee.member.long_code().unwrap();
    admit(&mut lee, &mut ben, &mut [&mut ana]);
    assert_ne!(lee.member.long_code().unwrap(), before);
}

#[test]
fn the_loser_of_a_race_builds_again_with_the_same_key_package() {
    let (mut lee, _) = opened();
    let (mut ana, mut ben) = (ANA.fresh(), BEN.fresh());
    admit(&mut lee, &mut ana, &mut []);
    let losing = lee.member.admit(&ben.key_package, NOON).unwrap();
    let winning = ana.member.update(NOON).unwrap();
    land(&mut ana, &winning, &mut []);
    // `stale_epoch`: drop ours, take the winner, build again.
    lee.member.clear_pending();
    lee.process(&winning.commit).unwrap();
    assert_eq!(refusal(ana.process(&losing.commit)), Some(Refusal::Stale));
    admit(&mut lee, &mut ben, &mut [&mut ana]);
    assert_agree(&[&lee, &ana, &ben]);
}

#[test]
fn the_winner_arrives_before_stale_epoch_does() {
    let (mut lee, _) = opened();
    let mut ana = ANA.fresh();
    admit(&mut lee, &mut ana, &mut []);
    lee.member.update(NOON).unwrap();
    let winning = ana.member.update(NOON).unwrap();
    land(&mut ana, &winning, &mut [&mut lee]);
    assert!(!lee.member.has_pending());
    assert_agree(&[&lee, &ana]);
}

#[test]
fn a_second_commit_waits_for_the_first() {
    let (mut lee, _) = opened();
    let first = lee.member.update(NOON).unwrap();
    assert_eq!(refusal(lee.member.update(NOON)), Some(Refusal::CommitPending));
    land(&mut lee, &first, &mut []);
    assert_eq!(refusal(lee.process(&first.commit)), Some(Refusal::Stale));
    lee.member.update(NOON).unwrap();
}

#[test]
fn a_reload_takes_the_leaf_back_and_the_old_tab_is_out() {
    let (mut lee, _) = opened();
    let ana_device = device();
    let (mut ana, mut ben) = (ANA.tab(&ana_device, NOON), BEN.fresh());
    admit(&mut lee, &mut ana, &mut []);
    admit(&mut lee, &mut ben, &mut [&mut ana]);
    let mut again = ANA.tab(&ana_device, later(1));
    // Any member may do it, here the guest.
    let output = ben.member.readmit(&again.key_package, later(1)).unwrap();
    let Ok(Event::Commit { cause: Cause::Remove, added, removed, .. }) = lee.process(&output.commit) else {
        panic!("not a return");
    };
    assert!(added == [ANA.id()] && removed == [ANA.id()]);
    land(&mut ben, &output, &mut []);
    assert!(matches!(ana.process(&output.commit), Ok(Event::Removed { epoch: 3 })));
    assert_eq!(refusal(ana.member.base_key()), Some(Refusal::NotInGroup));
    again.member.expect_return();
    again.member.join(&output.welcome, later(1)).unwrap();
    assert_eq!(again.member.leaf(), Ok(1));
    assert_agree(&[&lee, &ben, &again]);
}

#[test]
fn a_crashed_clinician_comes_back_though_only_the_patient_is_left() {
    let (mut lee, lee_device) = opened();
    let mut ana = ANA.fresh();
    admit(&mut lee, &mut ana, &mut []);
    drop(lee);
    let mut again = LEE.tab(&lee_device, later(5));
    let output = ana.member.readmit(&again.key_package, later(5)).unwrap();
    land(&mut ana, &output, &mut []);
    // The browser, not the server, knows that this is a return.
    assert_eq!(refusal(again.member.join(&output.welcome, later(5))), Some(Refusal::WelcomeNotByAdmitter));
    again.member.expect_return();
    again.member.join(&output.welcome, later(5)).unwrap();
    assert_agree(&[&again, &ana]);
    let mut ben = BEN.fresh();
    admit(&mut again, &mut ben, &mut [&mut ana]);
    assert_agree(&[&again, &ana, &ben]);
}

#[test]
fn a_person_on_another_device_is_let_in_by_hand_and_marked() {
    let (mut lee, _) = opened();
    let mut ana = ANA.fresh();
    admit(&mut lee, &mut ana, &mut []);
    let mut phone = ANA.tab(&device(), later(1));
    assert_eq!(refusal(lee.member.readmit(&phone.key_package, later(1))), Some(Refusal::OtherDevice));
    let newcomer = lee.member.inspect_key_package(&phone.key_package, later(1)).unwrap();
    assert!(newcomer.changed_device && !newcomer.known_device);
    let output = lee.member.admit(&phone.key_package, later(1)).unwrap();
    land(&mut lee, &output, &mut []);
    phone.member.join(&output.welcome, later(1)).unwrap();
    assert_eq!(lee.member.roster().unwrap().members.len(), 2);
    assert!(lee.member.roster().unwrap().members[1].changed_device);
}

#[test]
fn a_device_remembered_from_an_earlier_visit_is_known_and_a_new_one_is_loud() {
    let lee_device = device();
    let (mut lee, mut ana) = (LEE.tab(&lee_device, NOON), ANA.fresh());
    lee.open_group(&lee_device, &[]);
    ana.member.remember(LEE.id(), device().public());
    let output = lee.member.admit(&ana.key_package, NOON).unwrap();
    let roster = ana.member.join(&output.welcome, NOON).unwrap();
    assert!(roster.members[0].changed_device && !roster.members[1].changed_device);
}

#[test]
fn a_removed_member_learns_nothing_and_forgets_what_it_knew() {
    let (mut lee, _) = opened();
    let (mut ana, mut ben) = (ANA.fresh(), BEN.fresh());
    admit(&mut lee, &mut ana, &mut []);
    admit(&mut lee, &mut ben, &mut [&mut ana]);
    let before = ben.member.base_key().unwrap();
    let output = lee.member.remove(BEN.id(), NOON).unwrap();
    assert!(output.welcome.is_empty());
    land(&mut lee, &output, &mut [&mut ana]);
    assert!(matches!(ben.process(&output.commit), Ok(Event::Removed { epoch: 3 })));
    assert!(lee.member.base_key().unwrap() != before);
    assert_agree(&[&lee, &ana]);
    let secret = lee.member.seal(&Payload::Chat("now in private".into())).unwrap();
    assert_eq!(refusal(ben.process(&secret)), Some(Refusal::NotInGroup));
    assert_eq!(refusal(ben.member.roster()), Some(Refusal::NotInGroup));
    assert_eq!(refusal(ben.member.join(&output.commit, NOON)), Some(Refusal::NotSigned));
}

#[test]
fn what_was_said_just_before_an_epoch_ended_still_arrives_for_four_epochs() {
    let (mut lee, _) = opened();
    let mut ana = ANA.fresh();
    admit(&mut lee, &mut ana, &mut []);
    let late: Vec<_> = (0..2).map(|_| ana.member.seal(&Payload::Chat("late".into())).unwrap()).collect();
    for _ in 0..4 {
        let update = lee.member.update(NOON).unwrap();
        land(&mut lee, &update, &mut [&mut ana]);
    }
    assert!(matches!(lee.process(&late[0]), Ok(Event::Application { epoch: 1, leaf: 1, .. })));
    let update = lee.member.update(NOON).unwrap();
    land(&mut lee, &update, &mut [&mut ana]);
    assert_eq!(refusal(lee.process(&late[1])), Some(Refusal::Stale));
}

#[test]
fn who_has_left_is_not_heard_any_more_even_late() {
    let (mut lee, _) = opened();
    let (mut ana, mut ben) = (ANA.fresh(), BEN.fresh());
    admit(&mut lee, &mut ana, &mut []);
    admit(&mut lee, &mut ben, &mut [&mut ana]);
    let late = ben.member.seal(&Payload::Chat("wait".into())).unwrap();
    let output = lee.member.remove(BEN.id(), NOON).unwrap();
    land(&mut lee, &output, &mut [&mut ana]);
    assert!(lee.process(&late).is_err());
}

#[test]
fn three_hundred_epochs_later_everybody_still_agrees() {
    let (mut lee, _) = opened();
    let mut ana = ANA.fresh();
    admit(&mut lee, &mut ana, &mut []);
    for _ in 0..300 {
        let update = lee.member.update(NOON).unwrap();
        land(&mut lee, &update, &mut [&mut ana]);
    }
    assert_agree(&[&lee, &ana]);
    assert_eq!(ana.epoch(), 301);
    assert_eq!(ana.member.frame_key(1, Context::Screen).unwrap().kid, 0x2100 + 301 % 256);
}

#[test]
fn a_fresh_group_after_everything_was_lost_is_another_one() {
    let (mut lee, lee_device) = opened();
    let mut ana = ANA.fresh();
    admit(&mut lee, &mut ana, &mut []);
    let mut restarted = LEE.tab(&lee_device, later(60));
    restarted.open_group(&lee_device, &[]);
    let mut back = ANA.fresh();
    admit(&mut restarted, &mut back, &mut []);
    assert_agree(&[&restarted, &back]);
    assert_ne!(restarted.member.long_code(), lee.member.long_code());
    let old = lee.member.update(NOON).unwrap();
    assert_eq!(refusal(back.process(&old.commit)), Some(Refusal::WrongGroup));
}

#[test]
fn who_came_back_is_not_gone_any_more() {
    let (mut lee, lee_device) = opened();
    let mut ana = ANA.fresh();
    admit(&mut lee, &mut ana, &mut []);
    ana.member.report_gone(LEE.id(), NOON);
    let mut again = LEE.tab(&lee_device, later(20));
    let output = ana.member.readmit(&again.key_package, later(20)).unwrap();
    ana.member.process(&output.commit, later(20)).unwrap();
    again.member.expect_return();
    again.member.join(&output.welcome, later(20)).unwrap();
    assert_eq!(refusal(ana.member.remove(LEE.id(), later(40))), Some(Refusal::NotGone));
}
