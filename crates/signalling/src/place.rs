//! A person's place in the visit: one tab at a time, kept over a lost connection.

use curtain_domain::{ParticipantId, SessionId, Timestamp, VisitRole};
use curtain_protocol::{KeyPackage, MediaGeneration, PersonInVisit, ResumeToken};

use crate::ConnectionId;
use crate::presence::{Quota, ResumeLog};

/// Where somebody stands towards the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Was told that the group was restarted and has not asked again.
    Outside,
    /// Asks to be admitted.
    Waiting,
    /// Has a leaf from an earlier tab and asks to be taken back.
    Returning,
    /// Has a leaf that works.
    Member,
}

/// One line of the waiting room as somebody was last told it: who, which arrival, returning, connected.
pub(crate) type WaitingLine = (ParticipantId, u64, bool, bool);

/// A peer connection made ahead of its owner's membership.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The socket that asked; it names the connection at the forwarder.
    pub(crate) by: ConnectionId,
    /// Its offer, once there is one.
    pub(crate) generation: Option<MediaGeneration>,
}

/// A place and whoever holds it.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) who: PersonInVisit,
    /// Of the tab that holds the place, or held it last: the place ends with it.
    pub(crate) session: SessionId,
    pub(crate) standing: Standing,
    /// The socket; `None` while the connection is lost.
    pub(crate) connection: Option<ConnectionId>,
    /// When the connection was lost.
    pub(crate) lost_at: Option<Timestamp>,
    pub(crate) token: ResumeToken,
    pub(crate) log: ResumeLog,
    /// When the person came to the waiting room; a newer tab keeps it.
    pub(crate) since: Timestamp,
    /// Counts arrivals of everybody: tells a new KeyPackage from an old one.
    pub(crate) arrival: u64,
    /// With what the browser asks to be added; gone once it was.
    pub(crate) key_package: Option<KeyPackage>,
    /// The newest offer that may be answered.
    pub(crate) offered: Option<MediaGeneration>,
    /// The peer connection made ahead, until its owner is a member.
    pub(crate) prepared: Option<Prepared>,
    pub(crate) media_restarts: Quota,
    /// Fresh leaves; a newer tab inherits what is left.
    pub(crate) returns: Quota,
    /// The list of people (by version) and who was present, as last told.
    pub(crate) told_people: Option<(u64, Vec<ParticipantId>)>,
    /// The waiting room as last told.
    pub(crate) told_waiting: Option<Vec<WaitingLine>>,
}

impl Place {
    pub(crate) fn is_member(&self) -> bool {
        self.standing == Standing::Member
    }

    /// Asks to be let in, for the first time or again.
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.standing, Standing::Waiting | Standing::Returning)
    }

    pub(crate) fn is_clinician(&self) -> bool {
        self.who.role == VisitRole::Clinician
    }

    /// May admit, and so sees the waiting room: the clinician always, a co-host once inside.
    pub(crate) fn may_admit(&self) -> bool {
        match self.who.role {
            VisitRole::Clinician => true,
            VisitRole::CoHost => self.is_member(),
            VisitRole::Patient | VisitRole::Guest | VisitRole::Interpreter => false,
        }
    }
}
