//! What the rest of the server tells the forwarder, and what it hears back.

use curtain_domain::{ParticipantId, VisitId};
use curtain_protocol::{MediaGeneration, Sdp, Slot, TrackKind};

use crate::AnswerRefusal;

/// A connection made ahead, numbered by whoever orders it. Never used twice in a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Preparation(pub u64);

/// An order. Orders of one visit are followed in the order they were given.
#[derive(Debug, Clone)]
pub enum MediaCommand {
    /// Somebody who may join soon gets a peer connection, but no seat: nothing is forwarded over it.
    Prepare {
        /// The visit.
        visit: VisitId,
        /// Who may join.
        participant: ParticipantId,
        /// Names the connection until it is used.
        preparation: Preparation,
    },
    /// A prepared connection is not needed.
    Discard {
        /// The visit.
        visit: VisitId,
        /// Which.
        preparation: Preparation,
    },
    /// A member of the group gets a seat at everybody else's and a peer connection: the prepared one if it still works.
    /// Joining again is a restart.
    Join {
        /// The visit.
        visit: VisitId,
        /// Who joins.
        participant: ParticipantId,
        /// What was prepared.
        prepared: Option<Preparation>,
    },
    /// The browser's answer to an offer.
    Answer {
        /// The visit.
        visit: VisitId,
        /// Whose answer.
        participant: ParticipantId,
        /// Which offer it answers. Older ones are ignored.
        generation: MediaGeneration,
        /// The description, not trusted yet.
        sdp: Sdp,
    },
    /// A fresh peer connection for one who keeps the seat: a reload, a lost network.
    Restart {
        /// The visit.
        visit: VisitId,
        /// Who starts again.
        participant: ParticipantId,
    },
    /// The connection is closed and the seats at the others' become free.
    Leave {
        /// The visit.
        visit: VisitId,
        /// Who leaves, or was removed.
        participant: ParticipantId,
    },
    /// Everybody's connection is closed.
    Close {
        /// The visit.
        visit: VisitId,
    },
}

impl MediaCommand {
    /// The visit it is about.
    pub const fn visit(&self) -> VisitId {
        match self {
            Self::Prepare { visit, .. }
            | Self::Discard { visit, .. }
            | Self::Join { visit, .. }
            | Self::Answer { visit, .. }
            | Self::Restart { visit, .. }
            | Self::Leave { visit, .. }
            | Self::Close { visit } => *visit,
        }
    }
}

/// Something that happened to one participant's media.
#[derive(Debug, Clone)]
pub struct MediaEvent {
    /// The visit.
    pub visit: VisitId,
    /// Whom it concerns.
    pub participant: ParticipantId,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum What {
    /// A peer connection is ready to be answered: send this to the participant.
    Offer {
        /// Counts this participant's connections.
        generation: MediaGeneration,
        /// The description.
        sdp: Sdp,
        /// Who is on which m-line.
        slots: Vec<Slot>,
    },
    /// A prepared connection is ready to be answered. When it is joined with, `Slots` follows instead of another offer.
    Prepared {
        /// Which.
        preparation: Preparation,
        /// Counts this participant's connections.
        generation: MediaGeneration,
        /// The description.
        sdp: Sdp,
        /// Nobody, on every m-line.
        slots: Vec<Slot>,
    },
    /// Somebody came or went: send this to the participant. No renegotiation goes with it.
    Slots {
        /// The connection it is about.
        generation: MediaGeneration,
        /// All fifteen.
        slots: Vec<Slot>,
    },
    /// Media can flow. Also said when a lost connection is heard again.
    Connected {
        /// Which connection.
        generation: MediaGeneration,
    },
    /// Nothing authentic was heard for a while, or the connection failed.
    Lost {
        /// Which connection.
        generation: MediaGeneration,
    },
    /// The participant sent something that isn't sealed, and it was refused. Said at most every five seconds per track.
    Unsealed {
        /// Which track.
        kind: TrackKind,
    },
    /// The answer breaks a rule. The connection still waits for a better one.
    AnswerRefused {
        /// Which offer it claimed to answer.
        generation: MediaGeneration,
        /// Which rule.
        reason: AnswerRefusal,
    },
}
