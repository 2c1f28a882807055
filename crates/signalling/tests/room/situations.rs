//! Brings one person into every situation there is, with bystanders of every kind round them.

use core::time::Duration;

use curtain_domain::VisitRole;
use curtain_protocol::ClientMessage;
use curtain_signalling::ConnectionId;

use crate::cast::{LEE, Who};
use crate::scene::Scene;

/// Where the person stands who sends the message. The columns of the table, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Situation {
    /// A socket that has not arrived; the visit goes on inside.
    Stranger,
    /// Arrived before there is a group.
    BeforeStart,
    /// Waits to be admitted while the visit goes on inside.
    Waiting,
    /// Has a leaf of an earlier tab and asks to be taken back.
    Returning,
    /// A member's rules refused the return.
    ReturnRefused,
    /// Inside.
    Member,
    /// Was told that the group was restarted.
    Restarted,
    /// Was inside, lost the connection for a minute, and has a new socket.
    Gone,
    /// The visit is over.
    Ended,
}

impl Situation {
    pub(crate) const ALL: [Self; 9] = [
        Self::Stranger,
        Self::BeforeStart,
        Self::Waiting,
        Self::Returning,
        Self::ReturnRefused,
        Self::Member,
        Self::Restarted,
        Self::Gone,
        Self::Ended,
    ];
}

/// Inside whenever there is a group.
pub(crate) const STEADY: Who = Who(2, 9);
/// Waits, always.
pub(crate) const WAITER: Who = Who(4, 9);
/// Is asked to be taken back whenever there is a group.
pub(crate) const RETURNER: Who = Who(5, 9);
/// Left a leaf behind whenever there is a group.
pub(crate) const GONER: Who = Who(3, 9);

/// A scene in which `actor` stands as asked.
pub(crate) struct Staged {
    pub(crate) scene: Scene,
    pub(crate) actor: Who,
    /// The actor's socket.
    pub(crate) tab: ConnectionId,
    /// The newest socket of every bystander who has one.
    pub(crate) bystanders: Vec<(Who, ConnectionId)>,
}

/// Brings somebody of that role into that situation.
pub(crate) fn stage(role: VisitRole, situation: Situation) -> Staged {
    let actor = if role == VisitRole::Clinician { LEE } else { Who(role.code(), 0) };
    let mut scene = Scene::new(&[LEE, actor, STEADY, WAITER, RETURNER, GONER]);
    let (tab, bystanders) = match situation {
        Situation::BeforeStart => before_start(&mut scene, actor),
        Situation::Ended => ended(&mut scene, actor),
        _ => while_it_goes_on(&mut scene, actor, situation),
    };
    // Time heals quotas and nothing else.
    scene.pass(Duration::from_secs(5));
    scene.all_caught_up();
    Staged { scene, actor, tab, bystanders }
}

fn before_start(scene: &mut Scene, actor: Who) -> (ConnectionId, Vec<(Who, ConnectionId)>) {
    let tab = scene.arrives(actor);
    let mut bystanders = vec![(STEADY, scene.arrives(STEADY)), (WAITER, scene.arrives(WAITER))];
    if actor != LEE {
        bystanders.push((LEE, scene.arrives(LEE)));
    }
    (tab, bystanders)
}

fn ended(scene: &mut Scene, actor: Who) -> (ConnectionId, Vec<(Who, ConnectionId)>) {
    let lee = scene.arrives(LEE);
    scene.opens(lee);
    scene.say(lee, ClientMessage::EndVisit {});
    (scene.tab(actor), vec![(STEADY, scene.tab(STEADY))])
}

fn while_it_goes_on(
    scene: &mut Scene,
    actor: Who,
    situation: Situation,
) -> (ConnectionId, Vec<(Who, ConnectionId)>) {
    let lee = scene.arrives(LEE);
    scene.opens(lee);
    let steady = scene.enters(STEADY, lee);
    let was_inside = !matches!(situation, Situation::Stranger | Situation::Waiting);
    let inside = match (actor == LEE, was_inside) {
        (true, _) => lee,
        (false, true) => scene.enters(actor, lee),
        (false, false) => scene.tab(actor),
    };
    scene.enters(RETURNER, lee);
    let goner = scene.enters(GONER, lee);
    scene.say(goner, ClientMessage::Leave {});
    let returner = scene.arrives(RETURNER);
    let waiter = scene.arrives(WAITER);
    let mut bystanders = vec![(STEADY, steady), (RETURNER, returner), (WAITER, waiter)];
    if actor != LEE {
        bystanders.push((LEE, lee));
    }
    let tab = bring_into(scene, actor, situation, inside, lee, steady);
    (tab, bystanders)
}

/// `inside` is the actor's socket so far: of a member if the situation begins inside, else of a stranger.
fn bring_into(
    scene: &mut Scene,
    actor: Who,
    situation: Situation,
    inside: ConnectionId,
    lee: ConnectionId,
    steady: ConnectionId,
) -> ConnectionId {
    let clinician = actor == LEE;
    match situation {
        // A clinician without a leaf while the visit goes on: left, and the others removed the leaf.
        Situation::Stranger | Situation::Waiting if clinician => {
            scene.say(lee, ClientMessage::Leave {});
            scene.commits(steady, &[], &[LEE]);
            if situation == Situation::Waiting { scene.arrives(LEE) } else { scene.tab(LEE) }
        }
        Situation::Waiting => {
            scene.say(inside, crate::cast::arrive());
            inside
        }
        Situation::Returning => scene.arrives(actor),
        Situation::ReturnRefused => {
            let tab = scene.arrives(actor);
            scene.say(steady, ClientMessage::RefuseReturn { participant: actor.id() });
            tab
        }
        // The clinician restarts the group for others; for the clinician it restarts when nobody is left inside.
        Situation::Restarted if clinician => {
            let tab = scene.arrives(LEE);
            scene.say(steady, ClientMessage::Leave {});
            tab
        }
        Situation::Restarted => {
            scene.opens(lee);
            inside
        }
        Situation::Gone => {
            scene.loses(inside);
            scene.pass(Duration::from_mins(1));
            scene.tab(actor)
        }
        Situation::Member => {
            scene.is_offered(actor, 1);
            inside
        }
        Situation::Stranger | Situation::BeforeStart | Situation::Ended => inside,
    }
}
