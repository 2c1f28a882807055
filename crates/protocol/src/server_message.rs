//! What the room says to a browser.

use curtain_domain::{ParticipantId, VisitRole, VisitState};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    Commit, Epoch, GroupState, KeyPackage, MediaGeneration, PersonInVisit, PrivateMessage, Refusal,
    ResumeToken, Sdp, Slot, TrackKind, WaitingPerson, Welcome,
};

/// One message from the visit's room to a browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// Answers `arrive`: you have a place, outside the group until somebody adds you.
    Placed {
        /// Your place.
        #[ts(as = "String")]
        participant: ParticipantId,
        /// What you are in this visit.
        #[ts(type = "\"clinician\" | \"co_host\" | \"patient\" | \"guest\" | \"interpreter\"")]
        role: VisitRole,
        /// Takes the place back after a lost connection.
        resume: ResumeToken,
        /// Where the visit stands.
        #[ts(
            type = "\"scheduled\" | \"waiting\" | \"in_progress\" | \"ended\" | \"cancelled\" | \"no_show\""
        )]
        state: VisitState,
        /// The group, when one is open. Without one the visit's clinician opens it.
        group: Option<GroupState>,
        /// You have a leaf in it already and are asked to wait for a member to take you back.
        returning: bool,
    },
    /// Answers `resume`: what was missed follows. Has the number 0 itself.
    Resumed {},
    /// The connection is alive, said every `Limits::BEAT_EVERY`: browsers don't see a WebSocket's pings. Has the number 0.
    Beat {},
    /// Who belongs to the visit; again whenever it changes.
    People {
        /// All of them, there or not.
        people: Vec<PersonInVisit>,
        /// Those whose connection is up.
        #[ts(as = "Vec<String>")]
        present: Vec<ParticipantId>,
    },
    /// The whole waiting room, to whoever may admit; again whenever it changes.
    Waiting {
        /// In the order of arrival.
        people: Vec<WaitingPerson>,
    },
    /// To members: somebody with a leaf in the group is back with a new one. Commit the return after `turn` × 2 s
    /// unless another did.
    Return {
        /// Who is back.
        who: PersonInVisit,
        /// The new leaf.
        key_package: KeyPackage,
        /// 0 for whoever should commit at once.
        turn: u8,
    },
    /// To who returns: a member's rules refused it. Wait to be admitted, or, as the visit's clinician, open a new group.
    ReturnRefused {},
    /// A commit that the server took: the group's next epoch. Comes back to its sender too, which is the acknowledgement.
    Commit {
        /// The epoch it ends.
        epoch: Epoch,
        /// Whose it is, as the server says; members check it in the group.
        #[ts(as = "String")]
        sender: ParticipantId,
        /// For every member.
        commit: Commit,
    },
    /// Another commit was first, or the last one was taken back since everybody refused it: drop yours, handle what
    /// comes, build it again.
    StaleEpoch {
        /// The epoch that the next commit must name.
        epoch: Epoch,
    },
    /// You were added.
    Welcome {
        /// The group you join.
        group: GroupState,
        /// Opens it.
        welcome: Welcome,
    },
    /// A member spoke to the group.
    Application {
        /// Whose it is, as the server says; the group knows better.
        #[ts(as = "String")]
        sender: ParticipantId,
        /// The epoch it was sealed in.
        epoch: Epoch,
        /// The MLS `PrivateMessage`.
        message: PrivateMessage,
    },
    /// The server has your `application` and everybody in the group gets it, now or on resume.
    Taken {
        /// The number that it came with.
        receipt: u32,
    },
    /// A member is gone: the visit's clinician, else the lowest leaf, commits the Remove.
    Gone {
        /// Who.
        #[ts(as = "String")]
        participant: ParticipantId,
        /// Why.
        reason: GoneReason,
    },
    /// The clinician opened a fresh group: forget the old one and `arrive` again.
    GroupRestarted {},
    /// A new peer connection: answer it.
    Offer {
        /// Counts your peer connections.
        generation: MediaGeneration,
        /// The server's description.
        sdp: Sdp,
        /// Who is on which m-line now.
        slots: Vec<Slot>,
    },
    /// Who is on which m-line, whenever it changes. No renegotiation goes with it.
    Slots {
        /// The peer connection it is about.
        generation: MediaGeneration,
        /// All of them.
        slots: Vec<Slot>,
    },
    /// The forwarder refused media that isn't sealed. Said to its sender and to everyone in the visit.
    UnsealedMedia {
        /// Whose it is.
        #[ts(as = "String")]
        participant: ParticipantId,
        /// Which track.
        kind: TrackKind,
    },
    /// The clinician does not let you in.
    Declined {},
    /// The clinician took you out of the visit.
    Removed {},
    /// You opened this visit in another tab or on another device, which has your place now.
    TakenOver {},
    /// The visit is over for everyone.
    Ended {
        /// How it came to its end.
        reason: EndReason,
    },
    /// What you sent was refused; nothing else changed.
    Refused(Refusal),
}

/// Why a member is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum GoneReason {
    /// Pressed *Leave*.
    Left,
    /// The connection did not come back in time.
    Lost,
}

/// How a visit came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The clinician ended it for everyone.
    ByClinician,
}
