//! What a visit's room wants done, in this order.

use curtain_domain::{ParticipantId, Timestamp, VisitState};
use curtain_protocol::{Envelope, MediaGeneration, RefusalCode, Sdp};

use crate::ConnectionId;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Write this to a socket.
    Send {
        /// Which socket.
        to: ConnectionId,
        /// What.
        envelope: Envelope,
    },
    /// Write what is still queued for this socket, then close it. The room has forgotten it.
    Close {
        /// Which socket.
        connection: ConnectionId,
        /// Why, for the close code.
        why: CloseReason,
    },
    /// For the forwarder.
    Media(MediaOrder),
    /// For the database.
    Visit(VisitFact),
    /// Somebody did something to somebody: for the audit log.
    Deed(VisitDeed),
    /// Send a `Tick` at this time; takes the place of the last one.
    WakeAt(Timestamp),
    /// Nobody was here for a while: the room can be dropped.
    Dissolved,
}

/// Why a socket is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The person left on purpose.
    Left,
    /// The clinician did not let the person in.
    Declined,
    /// The clinician took the person out.
    Removed,
    /// A newer tab or device has the place.
    TakenOver,
    /// The same tab is back on a newer socket.
    Resumed,
    /// The visit is over.
    Ended,
    /// The session is over, or the person may not be here any more.
    SessionOver,
    /// What it sent was refused, and so is it.
    Refused(RefusalCode),
}

/// What the forwarder shall do for this visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaOrder {
    /// A peer connection ahead of the arrival: nothing is forwarded over it yet.
    Prepare {
        /// Whose.
        participant: ParticipantId,
        /// Which socket asks; names the connection until it is used.
        connection: ConnectionId,
    },
    /// A prepared peer connection is not needed any more.
    Discard(ConnectionId),
    /// A member of the group gets a seat, and a peer connection: the prepared one if it still works.
    Join {
        /// Who.
        participant: ParticipantId,
        /// Which socket had one prepared.
        prepared: Option<ConnectionId>,
    },
    /// A browser's answer to the newest offer.
    Answer {
        /// Whose.
        participant: ParticipantId,
        /// Of the offer.
        generation: MediaGeneration,
        /// The browser's description.
        sdp: Sdp,
    },
    /// A fresh peer connection for a member whose old one failed.
    Restart(ParticipantId),
    /// Nothing more to or from this participant.
    Leave(ParticipantId),
    /// The visit is over.
    Close,
}

/// Who did what, for the audit log. Facts say where things stand; deeds say by whose hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisitDeed {
    /// Somebody asks to be let in.
    Arrived(ParticipantId),
    /// Somebody who waited is let in.
    Admitted {
        /// Who was let in.
        who: ParticipantId,
        /// By whom.
        by: ParticipantId,
    },
    /// Somebody who waited is sent away.
    Declined {
        /// Who was sent away.
        who: ParticipantId,
        /// By whom.
        by: ParticipantId,
    },
    /// A member is put out.
    Removed {
        /// Who was put out.
        who: ParticipantId,
        /// By whom.
        by: ParticipantId,
    },
}

/// What the database shall know. The time is that of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisitFact {
    /// The visit's state changed.
    State(VisitState),
    /// Since when the longest waiting person waits; `None` when nobody does any more.
    Waiting(Option<Timestamp>),
    /// Somebody became a member of the group.
    Joined(ParticipantId),
    /// Somebody is not in the visit any more: left, lost, declined, removed, or it ended.
    Left(ParticipantId),
}
