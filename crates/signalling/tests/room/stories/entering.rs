//! Meeting, waiting, being declined, a third person: how people come in.

use core::time::Duration;

use curtain_domain::{VisitRole, VisitState};
use curtain_protocol::ClientMessage;
use curtain_protocol::{Epoch, RefusalCode, ServerMessage};
use curtain_signalling::{CloseReason, Input, MediaOrder, VisitDeed, VisitFact};

use crate::cast::{ANA, LEE, OKAFOR, Who, arrive, chat, group_id};
use crate::scene::Scene;

/// A visit in which the clinician and the patient are inside.
pub(crate) fn met() -> (Scene, curtain_signalling::ConnectionId, curtain_signalling::ConnectionId) {
    let mut scene = Scene::new(&[LEE, ANA, OKAFOR]);
    let lee = scene.arrives(LEE);
    scene.opens(lee);
    let ana = scene.enters(ANA, lee);
    scene.all_caught_up();
    (scene, lee, ana)
}

#[test]
fn a_clinician_and_a_patient_meet() {
    let mut scene = Scene::new(&[LEE, ANA]);
    let ana = scene.arrives(ANA);
    assert_eq!(scene.hears_names(ana), ["placed", "people"]);
    assert_eq!(scene.room.state(), VisitState::Waiting);

    let lee = scene.arrives(LEE);
    let heard = scene.hears(lee);
    let ServerMessage::Placed { role: VisitRole::Clinician, group: None, returning: false, .. } = &heard[0]
    else {
        panic!("{heard:?}")
    };
    let ServerMessage::Waiting { people } = &heard[2] else { panic!("{heard:?}") };
    assert_eq!((people.len(), people[0].who.participant, people[0].returning), (1, ANA.id(), false));

    scene.opens(lee);
    assert_eq!(scene.room.state(), VisitState::InProgress);
    assert_eq!(scene.media, [MediaOrder::Join { participant: LEE.id(), prepared: None }]);
    scene.all_caught_up();

    scene.commits(lee, &[ANA], &[]);
    assert_eq!(scene.hears_names(lee), ["commit", "waiting"], "the commit comes back as its acknowledgement");
    let heard = scene.hears(ana);
    let ServerMessage::Welcome { group, .. } = &heard[0] else { panic!("{heard:?}") };
    assert_eq!((group.epoch, &group.group_id), (Epoch(1), &group_id(1)));
    assert_eq!(scene.media, [MediaOrder::Join { participant: ANA.id(), prepared: None }]);
    assert_eq!(scene.facts, [VisitFact::Joined(ANA.id()), VisitFact::Waiting(None)]);

    scene.say(ana, chat(Epoch(1)));
    assert_eq!(scene.hears_names(lee), ["application"]);
    assert_eq!(scene.hears_names(ana), Vec::<&str>::new(), "nobody hears their own words back");
}

#[test]
fn a_visit_waits_exactly_while_a_patient_does() {
    let mut scene = Scene::new(&[LEE, ANA, OKAFOR]);
    scene.arrives(OKAFOR);
    assert_eq!(scene.room.state(), VisitState::Scheduled, "a colleague is not who is waited for");
    let ana = scene.arrives(ANA);
    assert_eq!(scene.room.state(), VisitState::Waiting);
    scene.say(ana, ClientMessage::Leave {});
    assert_eq!(scene.room.state(), VisitState::Scheduled);
    let waiting: Vec<_> = scene.facts.iter().filter(|fact| matches!(fact, VisitFact::State(_))).collect();
    assert_eq!(waiting, [&VisitFact::State(VisitState::Waiting), &VisitFact::State(VisitState::Scheduled)]);
}

#[test]
fn since_when_somebody_waits_is_known_before_and_after_the_start() {
    let mut scene = Scene::new(&[LEE, ANA]);
    let since = scene.now;
    scene.arrives(ANA);
    assert_eq!(scene.facts, [VisitFact::State(VisitState::Waiting), VisitFact::Waiting(Some(since))]);
    let lee = scene.arrives(LEE);
    scene.facts.clear();
    scene.opens(lee);
    let still_waiting = VisitFact::Waiting(Some(since));
    assert_eq!(
        scene.facts,
        [VisitFact::State(VisitState::InProgress), VisitFact::Joined(LEE.id()), still_waiting]
    );
}

#[test]
fn a_visit_stored_as_waiting_is_scheduled_again_when_nobody_is_there() {
    let mut scene = Scene::in_state(VisitState::Waiting, &[LEE, ANA]);
    scene.tab(LEE);
    assert_eq!(scene.facts, [VisitFact::State(VisitState::Scheduled)]);
}

#[test]
fn a_visit_in_progress_goes_on_after_the_server_restarted() {
    let mut scene = Scene::in_state(VisitState::InProgress, &[LEE, ANA]);
    let ana = scene.arrives(ANA);
    let lee = scene.arrives(LEE);
    scene.opens(lee);
    scene.commits(lee, &[ANA], &[]);
    assert!(scene.hears_names(ana).contains(&"welcome"));
    assert_eq!(scene.room.state(), VisitState::InProgress);
}

#[test]
fn a_declined_patient_stays_out_and_may_ask_again() {
    let mut scene = Scene::new(&[LEE, ANA]);
    let lee = scene.arrives(LEE);
    scene.opens(lee);
    let ana = scene.arrives(ANA);
    scene.all_caught_up();

    scene.say(lee, ClientMessage::Decline { participant: ANA.id() });
    assert_eq!(scene.hears_names(ana), ["declined"]);
    assert_eq!(scene.closed(ana), Some(CloseReason::Declined));
    scene.commits(lee, &[ANA], &[]);
    assert_eq!(scene.refusal(lee), Some(RefusalCode::NoSuchParticipant), "who is out can't be let in");

    scene.all_caught_up();
    let again = scene.arrives(ANA);
    assert_eq!(scene.hears_names(again), ["placed", "people"]);
    assert_eq!(scene.hears_names(lee), ["people", "waiting"]);
}

#[test]
fn a_patient_declined_while_the_connection_was_lost_hears_it_on_resume() {
    let mut scene = Scene::new(&[LEE, ANA]);
    let lee = scene.arrives(LEE);
    let ana = scene.arrives(ANA);
    scene.loses(ana);
    scene.say(lee, ClientMessage::Decline { participant: ANA.id() });
    let back = scene.resumes(ana);
    assert_eq!(scene.hears_names(back).last(), Some(&"declined"));
    assert_eq!(scene.closed(back), Some(CloseReason::Declined));
}

#[test]
fn the_waiting_room_is_seen_by_the_clinician_and_by_co_hosts_inside_only() {
    let mut scene = Scene::new(&[LEE, ANA, OKAFOR]);
    let lee = scene.arrives(LEE);
    let okafor = scene.arrives(OKAFOR);
    let ana = scene.arrives(ANA);
    assert!(!scene.hears_names(okafor).contains(&"waiting"), "a colleague who waits sees nobody");
    assert!(!scene.hears_names(ana).contains(&"waiting"));
    scene.opens(lee);
    scene.commits(lee, &[OKAFOR], &[]);
    assert_eq!(scene.hears_names(okafor), ["welcome", "waiting"]);
}

#[test]
fn a_colleague_inside_admits_and_a_patient_does_not() {
    let (mut scene, lee, ana) = met();
    let okafor = scene.arrives(OKAFOR);
    scene.commits(ana, &[OKAFOR], &[]);
    assert_eq!(scene.refusal(ana), Some(RefusalCode::NotAllowed));
    scene.commits(lee, &[OKAFOR], &[]);
    let guest = scene.arrives(Who(4, 0));
    scene.commits(okafor, &[Who(4, 0)], &[]);
    assert!(scene.hears_names(guest).contains(&"welcome"));
}

#[test]
fn two_people_are_admitted_by_one_commit() {
    let mut scene = Scene::new(&[LEE, ANA, OKAFOR]);
    let lee = scene.arrives(LEE);
    scene.opens(lee);
    let (ana, okafor) = (scene.arrives(ANA), scene.arrives(OKAFOR));
    scene.commits(lee, &[ANA, OKAFOR], &[]);
    for tab in [ana, okafor] {
        assert!(scene.hears_names(tab).contains(&"welcome"));
    }
}

#[test]
fn the_first_commit_of_an_epoch_wins_and_the_second_is_built_again() {
    let (mut scene, lee, ana) = met();
    let epoch = scene.epoch;
    let late = scene.change(ana, epoch, &[], &[]);
    scene.commits(lee, &[], &[]);
    scene.say(ana, late);
    let heard = scene.hears(ana);
    assert!(
        matches!(heard[0], ServerMessage::Commit { epoch: was, sender, .. } if was == epoch && sender == LEE.id())
    );
    assert_eq!(heard[1], ServerMessage::StaleEpoch { epoch: epoch.next() });
    scene.commits(ana, &[], &[]);
    assert_eq!(scene.hears_names(lee), ["commit", "commit"]);
}

#[test]
fn a_commit_and_its_welcome_go_together() {
    let (mut scene, lee, _) = met();
    scene.arrives(OKAFOR);
    for (admits, welcome) in [(true, false), (false, true)] {
        let said = scene.change(lee, scene.epoch, &[OKAFOR], &[]);
        let ClientMessage::Commit(mut change) = said else { unreachable!() };
        if !admits {
            change.admits.clear();
        }
        if !welcome {
            change.welcome = None;
        }
        scene.say(lee, ClientMessage::Commit(change));
        assert_eq!(scene.refusal(lee), Some(RefusalCode::WelcomeMismatch));
    }
    scene.commits(lee, &[OKAFOR, OKAFOR], &[]);
    assert_eq!(scene.refusal(lee), Some(RefusalCode::WelcomeMismatch), "nobody is admitted twice");
}

#[test]
fn a_group_of_another_visit_is_refused() {
    let mut scene = Scene::new(&[LEE]);
    let lee = scene.arrives(LEE);
    for wrong in [vec![0; 24], vec![0; 4], [group_id(1).as_bytes(), &[0; 0]].concat()[..20].to_vec()] {
        let group_id = curtain_protocol::GroupId::new(wrong).unwrap();
        scene.say(lee, ClientMessage::OpenGroup { group_id });
        assert_eq!(scene.refusal(lee), Some(RefusalCode::Malformed));
    }
    assert_eq!(scene.room.state(), VisitState::Scheduled);
}

#[test]
fn a_visit_holds_six_people_and_the_clinician_always_fits() {
    let crowd: Vec<_> = (0..6).map(|number| Who(4, number)).collect();
    let mut scene = Scene::new(&crowd);
    for guest in &crowd[..5] {
        scene.arrives(*guest);
    }
    let sixth = scene.arrives(crowd[5]);
    assert_eq!(scene.refusal(sixth), Some(RefusalCode::VisitFull));
    assert!(scene.closed(sixth).is_some());
    let lee = scene.arrives(LEE);
    assert!(scene.hears_names(lee).contains(&"placed"));
}

#[test]
fn a_colleague_added_during_the_visit_is_listed_at_once() {
    let (mut scene, lee, ana) = met();
    let guest = Who(4, 0);
    let people = [LEE, ANA, OKAFOR, guest].map(Who::person).to_vec();
    scene.give(Input::PeopleChanged { people, reading: 2 });
    for tab in [lee, ana] {
        let heard = scene.hears(tab);
        assert!(matches!(&heard[..], [ServerMessage::People { people, .. }] if people.len() == 4));
    }
}

#[test]
fn a_list_that_was_read_earlier_does_not_replace_a_newer_one() {
    let (mut scene, lee, _) = met();
    let newer = [LEE, ANA, OKAFOR, Who(4, 0)].map(Who::person).to_vec();
    let older = [LEE, ANA].map(Who::person).to_vec();
    scene.give(Input::PeopleChanged { people: newer, reading: 8 });
    scene.all_caught_up();
    scene.give(Input::PeopleChanged { people: older.clone(), reading: 7 });
    assert_eq!(scene.hears_names(lee), Vec::<&str>::new());
    scene.give(Input::PeopleChanged { people: older, reading: 9 });
    assert_eq!(scene.hears_names(lee), ["people"], "a later reading counts, whatever it says");
}

#[test]
fn who_has_not_arrived_hears_nothing() {
    let (mut scene, lee, _) = met();
    let silent = scene.tab(OKAFOR);
    scene.say(lee, chat(scene.epoch));
    scene.pass(Duration::from_mins(5));
    scene.say(silent, arrive());
    assert_eq!(scene.hears_names(silent), ["placed", "people"]);
}

#[test]
fn who_let_whom_in_and_who_sent_whom_away_is_told() {
    let mut scene = Scene::new(&[LEE, ANA, OKAFOR]);
    let lee = scene.arrives(LEE);
    scene.opens(lee);
    scene.arrives(ANA);
    scene.commits(lee, &[ANA], &[]);
    scene.arrives(OKAFOR);
    scene.say(lee, ClientMessage::Decline { participant: OKAFOR.id() });
    scene.commits(lee, &[], &[ANA]);
    let (lee, ana, okafor) = (LEE.id(), ANA.id(), OKAFOR.id());
    assert_eq!(
        scene.deeds,
        [
            VisitDeed::Arrived(lee),
            VisitDeed::Arrived(ana),
            VisitDeed::Admitted { who: ana, by: lee },
            VisitDeed::Arrived(okafor),
            VisitDeed::Declined { who: okafor, by: lee },
            VisitDeed::Removed { who: ana, by: lee },
        ]
    );
}
