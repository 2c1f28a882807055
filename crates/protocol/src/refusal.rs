//! Why a message was refused: a stable code for programs and a sentence for logs. The words for people are the client's.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Answers a message that can't be followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Refusal {
    /// For programs.
    pub code: RefusalCode,
    /// The socket is closed after this.
    pub closing: bool,
}

/// Every reason there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// Not JSON, an unknown type or field, or a value outside its limit.
    Malformed,
    /// Larger than a message may be.
    TooLarge,
    /// More messages than the rate allows.
    TooFast,
    /// Anything but `arrive` or `resume` came first.
    NotArrived,
    /// `resume` came although the place is taken by this very socket.
    AlreadyArrived,
    /// The resume secret is unknown or too old: arrive again.
    CantResume,
    /// Your role in the visit does not allow it.
    NotAllowed,
    /// Only members of the group may.
    NotMember,
    /// There is no group yet, or not this one.
    NoGroup,
    /// Nobody of that id is in the place the message speaks of.
    NoSuchParticipant,
    /// A commit's Welcome and the people it admits don't fit together.
    WelcomeMismatch,
    /// A commit's frame is of another group, epoch or sender, or it is no commit at all.
    BadCommit,
    /// The visit has all the people it can have.
    VisitFull,
    /// The visit has ended.
    VisitEnded,
    /// The answer belongs to no offer, or breaks the rules for descriptions.
    BadAnswer,
}

impl Refusal {
    /// The message is refused and the socket stays.
    pub const fn of(code: RefusalCode) -> Self {
        Self { code, closing: false }
    }

    /// The message is refused and its sender is shown the door.
    pub const fn closing(code: RefusalCode) -> Self {
        Self { code, closing: true }
    }
}
