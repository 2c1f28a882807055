//! Random input in random order, from everybody, with time jumping. The scene checks after every step that numbers
//! have no gaps, that an epoch has one commit, that nothing of the group reaches who is outside, that nothing goes to
//! a closed socket, and that media belongs to exactly the members.

use core::time::Duration;

use curtain_domain::VisitState;
use curtain_protocol::{ClientMessage, Epoch, MediaGeneration, RefusalCode, ResumeToken, Sdp, TrackKind};
use curtain_signalling::{ConnectionId, Input, MediaNews};
use proptest::prelude::*;

use crate::cast::{ANA, LEE, OKAFOR, Who, chat};
use crate::scene::Scene;

const CAST: [Who; 7] = [LEE, OKAFOR, ANA, Who(4, 0), Who(5, 0), Who(4, 1), Who(2, 1)];

/// Indexes are taken modulo what is there.
#[derive(Debug, Clone)]
enum Step {
    Connect(usize),
    Arrive(usize),
    Lose(usize),
    Resume(usize),
    Open(usize),
    Commit { by: usize, admits: Vec<usize>, removes: Vec<usize>, late: bool },
    Say(usize, Short),
    Decline(usize, usize),
    RefuseReturn(usize, usize),
    Noise(usize),
    SessionOver(usize),
    Revoke(usize),
    Offer(usize, u32),
    Unsealed(usize),
    MediaLost(usize),
    Pass(u64),
}

#[derive(Debug, Clone)]
enum Short {
    Chat,
    Acknowledge(u64),
    /// Of the commit so many epochs ago.
    RefuseCommit(u64),
    GuessToken,
    Answer(u32),
    PrepareMedia,
    RestartMedia,
    Leave,
    EndVisit,
}

fn short() -> impl Strategy<Value = Short> {
    prop_oneof![
        6 => Just(Short::Chat),
        3 => (0_u64..40).prop_map(Short::Acknowledge),
        1 => Just(Short::GuessToken),
        6 => (1_u64..3).prop_map(Short::RefuseCommit),
        2 => (0_u32..4).prop_map(Short::Answer),
        1 => Just(Short::PrepareMedia),
        1 => Just(Short::RestartMedia),
        2 => Just(Short::Leave),
        1 => Just(Short::EndVisit),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let index = || any::<usize>();
    let some = || prop::collection::vec(any::<usize>(), 0..3);
    prop_oneof![
        4 => index().prop_map(Step::Connect),
        10 => index().prop_map(Step::Arrive),
        4 => index().prop_map(Step::Lose),
        5 => index().prop_map(Step::Resume),
        4 => index().prop_map(Step::Open),
        16 => (index(), some(), some(), prop::bool::weighted(0.1))
            .prop_map(|(by, admits, removes, late)| Step::Commit { by, admits, removes, late }),
        8 => (index(), short()).prop_map(|(by, said)| Step::Say(by, said)),
        2 => (index(), index()).prop_map(|(by, whom)| Step::Decline(by, whom)),
        3 => (index(), index()).prop_map(|(by, whom)| Step::RefuseReturn(by, whom)),
        1 => index().prop_map(Step::Noise),
        1 => index().prop_map(Step::SessionOver),
        1 => index().prop_map(Step::Revoke),
        4 => (index(), 0_u32..4).prop_map(|(whom, generation)| Step::Offer(whom, generation)),
        1 => index().prop_map(Step::Unsealed),
        1 => index().prop_map(Step::MediaLost),
        6 => (0_u64..40_000).prop_map(Step::Pass),
    ]
}

/// Any socket, closed ones too: a late message of a closed socket must not be heard.
fn tab(scene: &Scene, index: usize) -> Option<ConnectionId> {
    let tabs: Vec<_> = scene.tabs.keys().copied().collect();
    (!tabs.is_empty()).then(|| tabs[index % tabs.len()])
}

fn people(indexes: &[usize]) -> Vec<Who> {
    indexes.iter().map(|index| CAST[index % CAST.len()]).collect()
}

fn play(scene: &mut Scene, step: Step) {
    let Some(some_tab) = tab(scene, 0) else {
        scene.tab(LEE);
        return;
    };
    let pick = |scene: &Scene, index| tab(scene, index).unwrap_or(some_tab);
    let person = |index: usize| CAST[index % CAST.len()];
    match step {
        Step::Connect(who) => {
            scene.tab(person(who));
        }
        Step::Arrive(who) => {
            scene.arrives(person(who));
        }
        Step::Lose(by) => {
            let tab = pick(scene, by);
            if scene.closed(tab).is_none() {
                scene.loses(tab);
            }
        }
        Step::Resume(by) => {
            let tab = pick(scene, by);
            if scene.tabs[&tab].token.is_some() {
                scene.resumes(tab);
            }
        }
        Step::Open(by) => scene.opens_or_not(pick(scene, by)),
        Step::Commit { by, admits, removes, late } => {
            let epoch = if late { Epoch(scene.epoch.0.wrapping_sub(1)) } else { scene.epoch };
            let by = pick(scene, by);
            let change = scene.change(by, epoch, &people(&admits), &people(&removes));
            scene.say(by, change);
        }
        Step::Say(by, said) => say(scene, pick(scene, by), &said),
        Step::Decline(by, whom) => {
            scene.say(pick(scene, by), ClientMessage::Decline { participant: person(whom).id() });
        }
        Step::RefuseReturn(by, whom) => {
            scene.say(pick(scene, by), ClientMessage::RefuseReturn { participant: person(whom).id() });
        }
        Step::Noise(by) => {
            scene.give(Input::Unreadable { connection: pick(scene, by), code: RefusalCode::Malformed });
        }
        Step::SessionOver(by) => scene.give(Input::SessionOver { session: person(by).session() }),
        Step::Revoke(who) => scene.give(Input::PersonRevoked { person: person(who).person().person }),
        Step::Offer(who, generation) => scene.is_offered(person(who), generation),
        Step::Unsealed(who) => scene.give(Input::Media {
            participant: person(who).id(),
            news: MediaNews::Unsealed { kind: TrackKind::Camera },
        }),
        Step::MediaLost(who) => scene.give(Input::Media {
            participant: person(who).id(),
            news: MediaNews::Lost { generation: MediaGeneration(1) },
        }),
        Step::Pass(millis) => scene.pass(Duration::from_millis(millis)),
    }
}

fn say(scene: &mut Scene, by: ConnectionId, said: &Short) {
    let message = match said {
        Short::Chat => chat(scene.epoch),
        Short::Acknowledge(received) => ClientMessage::Acknowledge { received: *received },
        Short::RefuseCommit(ago) => {
            ClientMessage::RefuseCommit { epoch: Epoch(scene.epoch.0.saturating_sub(*ago)) }
        }
        Short::GuessToken => {
            ClientMessage::Resume { token: ResumeToken::new(vec![9; 32]).expect("32 bytes"), received: 0 }
        }
        Short::Answer(generation) => ClientMessage::Answer {
            generation: MediaGeneration(*generation),
            sdp: Sdp::new("v=0".to_owned()).expect("small"),
        },
        Short::PrepareMedia => ClientMessage::PrepareMedia {},
        Short::RestartMedia => ClientMessage::RestartMedia {},
        Short::Leave => ClientMessage::Leave {},
        Short::EndVisit => ClientMessage::EndVisit {},
    };
    scene.say(by, message);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_events_breaks_a_promise(steps in prop::collection::vec(step(), 1..200)) {
        let mut scene = Scene::new(&CAST);
        for step in steps {
            play(&mut scene, step);
        }
        if scene.room.state() == VisitState::Ended {
            prop_assert!(scene.inside.is_empty());
        }
    }

    #[test]
    fn everybody_gone_means_everything_dropped(steps in prop::collection::vec(step(), 1..60)) {
        let mut scene = Scene::new(&CAST);
        for step in steps {
            play(&mut scene, step);
        }
        for tab in scene.tabs.keys().copied().collect::<Vec<_>>() {
            if scene.closed(tab).is_none() {
                scene.loses(tab);
            }
        }
        scene.pass(Duration::from_mins(3));
        prop_assert!(scene.inside.is_empty(), "nobody keeps media");
        prop_assert_eq!(scene.room.connections(), 0);
        prop_assert!(scene.dissolved || scene.tabs.is_empty());
    }

    #[test]
    fn the_same_input_gives_the_same_output(steps in prop::collection::vec(step(), 1..80)) {
        let run = || {
            let mut scene = Scene::new(&CAST);
            for step in steps.clone() {
                play(&mut scene, step);
            }
            scene.tabs.into_values().map(|tab| tab.envelopes).collect::<Vec<_>>()
        };
        prop_assert_eq!(run(), run());
    }
}
