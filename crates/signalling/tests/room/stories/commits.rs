//! Commits that can't be commits are refused, and those that nobody accepts are taken back: one member's garbage stays
//! that member's trouble (lesson L18).

use curtain_protocol::{ClientMessage, Commit, Epoch, GoneReason, RefusalCode, ServerMessage};
use curtain_signalling::{CloseReason, ConnectionId, MediaOrder};

use super::entering::met;
use crate::cast::{ANA, LEE, OKAFOR, Who, arrive, chat, commit, framed, group_id};
use crate::scene::Scene;

const GUEST: Who = Who(4, 0);

/// The clinician, the patient and a colleague are inside.
fn three() -> (Scene, ConnectionId, ConnectionId, ConnectionId) {
    let (mut scene, lee, ana) = met();
    let okafor = scene.enters(OKAFOR, lee);
    // Who speaks in an epoch follows what led there: nothing is in doubt any more.
    for tab in [lee, ana, okafor] {
        scene.say(tab, chat(scene.epoch));
    }
    scene.all_caught_up();
    (scene, lee, ana, okafor)
}

fn refuses(scene: &mut Scene, tab: ConnectionId, epoch: Epoch) {
    scene.say(tab, ClientMessage::RefuseCommit { epoch });
}

#[test]
fn a_commit_in_a_frame_that_does_not_fit_changes_nothing() {
    let (mut scene, lee, ana) = met();
    let (epoch, leaf) = (scene.epoch, scene.leaf_of(ANA));
    let good = framed(&group_id(1), epoch, leaf);
    let patched = |at: usize, byte: u8| {
        let mut bytes = good.as_bytes().to_vec();
        bytes[at] = byte;
        Commit::new(bytes).expect("small")
    };
    for (what, frame) in [
        ("another group", framed(&group_id(2), epoch, leaf)),
        ("an epoch that was", framed(&group_id(1), Epoch(0), leaf)),
        ("an epoch to come", framed(&group_id(1), epoch.next(), leaf)),
        ("the clinician's leaf", framed(&group_id(1), epoch, scene.leaf_of(LEE))),
        ("a leaf that nobody has", framed(&group_id(1), epoch, 9)),
        ("sealed, so that its content can't be seen", patched(3, 2)),
        ("from outside of the group", patched(37, 2)),
        ("a standalone proposal", patched(43, 2)),
        ("noise", Commit::new(vec![7; 400]).expect("small")),
        ("nothing", Commit::new(Vec::new()).expect("small")),
    ] {
        scene.say(ana, commit(frame, epoch, &[], &[]));
        assert_eq!(scene.refusal(ana), Some(RefusalCode::BadCommit), "{what}");
    }
    assert_eq!(scene.hears_names(lee), Vec::<&str>::new());
    scene.say(ana, commit(good, epoch, &[], &[]));
    assert_eq!(scene.hears_names(lee), ["commit"], "the epoch was not used up");
}

#[test]
fn a_newcomer_takes_the_leaf_that_became_free() {
    let (mut scene, lee, _ana, okafor) = three();
    scene.commits(lee, &[], &[ANA]);
    let guest = scene.enters(GUEST, lee);
    assert_eq!((scene.leaf_of(GUEST), scene.leaf_of(OKAFOR)), (1, 2));
    for tab in [guest, okafor] {
        scene.commits(tab, &[], &[]);
        assert_eq!(scene.refusal(tab), None, "the room counts leaves as the members do");
    }
}

#[test]
fn a_commit_that_nobody_accepts_is_taken_back_and_its_sender_is_out() {
    let (mut scene, lee, ana, okafor) = three();
    let epoch = scene.epoch;
    scene.commits(ana, &[], &[]);
    scene.all_caught_up();
    refuses(&mut scene, okafor, epoch);
    assert_eq!((scene.hears_names(lee), scene.room.epoch()), (vec![], Some(epoch.next())), "one is not all");
    refuses(&mut scene, lee, epoch);
    assert_eq!(scene.room.epoch(), Some(epoch));
    assert_eq!(scene.closed(ana), Some(CloseReason::Removed));
    assert_eq!(scene.media, [MediaOrder::Leave(ANA.id())]);
    for tab in [lee, okafor] {
        let heard = scene.hears(tab);
        assert_eq!(heard[0], ServerMessage::StaleEpoch { epoch });
        assert_eq!(heard[1], ServerMessage::Gone { participant: ANA.id(), reason: GoneReason::Left });
    }
    scene.commits(lee, &[], &[ANA]);
    scene.commits(okafor, &[], &[]);
    assert_eq!(scene.hears_names(lee), ["commit", "commit"], "the visit goes on without them");
}

#[test]
fn all_that_was_built_on_a_refused_commit_goes_with_it() {
    let (mut scene, lee, ana, okafor) = three();
    let epoch = scene.epoch;
    for _ in 0..4 {
        scene.commits(ana, &[], &[]);
    }
    for tab in [lee, okafor] {
        refuses(&mut scene, tab, epoch);
    }
    assert_eq!(scene.room.epoch(), Some(epoch));
    scene.commits(okafor, &[], &[]);
    assert_eq!(scene.refusal(okafor), None);
}

#[test]
fn a_member_who_alone_refuses_what_others_follow_changes_nothing() {
    let (mut scene, lee, ana, okafor) = three();
    let epoch = scene.epoch;
    scene.commits(ana, &[], &[]);
    scene.say(lee, chat(scene.epoch));
    refuses(&mut scene, okafor, epoch);
    refuses(&mut scene, lee, epoch);
    assert_eq!(scene.room.epoch(), Some(epoch.next()), "it holds: somebody spoke in its epoch");
    assert_eq!(scene.closed(ana), None);
}

#[test]
fn nobody_undoes_their_own_commit_nor_one_from_before_they_came() {
    let (mut scene, lee, ana) = met();
    let epoch = scene.epoch;
    let guest = scene.enters(GUEST, lee);
    for tab in [guest, lee] {
        refuses(&mut scene, tab, epoch);
        refuses(&mut scene, tab, Epoch(0));
    }
    assert_eq!(scene.room.epoch(), Some(epoch.next()));
    assert_eq!((scene.closed(lee), scene.closed(ana)), (None, None));
}

#[test]
fn who_is_not_connected_is_not_waited_for() {
    let (mut scene, lee, ana, okafor) = three();
    let epoch = scene.epoch;
    scene.commits(ana, &[], &[]);
    refuses(&mut scene, lee, epoch);
    assert_eq!(scene.room.epoch(), Some(epoch.next()));
    scene.loses(okafor);
    assert_eq!(scene.room.epoch(), Some(epoch), "whoever is left refuses it");
    assert_eq!(scene.closed(ana), Some(CloseReason::Removed));
    let back = scene.resumes(okafor);
    let heard = scene.hears_names(back);
    assert!(heard.ends_with(&["stale_epoch", "gone", "people", "people"]), "{heard:?}");
}

#[test]
fn whom_a_refused_commit_let_in_asks_again() {
    let (mut scene, lee, ana, okafor) = three();
    let epoch = scene.epoch;
    let guest = scene.enters(GUEST, okafor);
    scene.all_caught_up();
    for tab in [lee, ana] {
        refuses(&mut scene, tab, epoch);
    }
    assert_eq!(scene.media, [MediaOrder::Leave(GUEST.id()), MediaOrder::Leave(OKAFOR.id())]);
    assert_eq!(scene.hears_names(guest), ["group_restarted", "people"]);
    scene.say(guest, arrive());
    scene.commits(lee, &[GUEST], &[]);
    assert!(scene.hears_names(guest).contains(&"welcome"));
}

#[test]
fn somebody_who_came_back_by_a_refused_commit_is_asked_for_again() {
    let (mut scene, lee, ana, okafor) = three();
    let epoch = scene.epoch;
    scene.loses(okafor);
    let back = scene.arrives(OKAFOR);
    scene.commits(ana, &[OKAFOR], &[]);
    refuses(&mut scene, lee, epoch);
    scene.all_caught_up();
    scene.say(back, arrive());
    assert!(scene.hears_names(lee).contains(&"return"), "the old leaf is there again");
    scene.commits(lee, &[OKAFOR], &[]);
    assert!(scene.hears_names(back).contains(&"welcome"));
}

#[test]
fn a_clinician_whose_commit_nobody_accepts_opens_a_fresh_group() {
    let (mut scene, lee, ana) = met();
    let epoch = scene.epoch;
    scene.commits(lee, &[], &[]);
    scene.all_caught_up();
    refuses(&mut scene, ana, epoch);
    for tab in [lee, ana] {
        assert_eq!(scene.hears_names(tab), ["group_restarted"]);
    }
    scene.say(lee, arrive());
    assert!(matches!(scene.hears(lee)[0], ServerMessage::Placed { group: None, .. }));
    scene.opens(lee);
    scene.say(ana, arrive());
    scene.commits(lee, &[ANA], &[]);
    assert!(scene.hears_names(ana).contains(&"welcome"));
}
