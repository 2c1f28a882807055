//! Who is there: sockets come, go and come back; a place outlives them for a while.

mod arrival;
mod departure;
mod quota;
mod resume_log;

use curtain_domain::{ParticipantId, SessionId, Timestamp};
use curtain_protocol::{PersonInVisit, ResumeToken};

pub(crate) use self::quota::Quota;
pub(crate) use self::resume_log::ResumeLog;
use crate::CloseReason;
use crate::place::Prepared;

/// An open socket.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) who: PersonInVisit,
    pub(crate) session: SessionId,
    /// Becomes the place's resume secret when this socket arrives.
    pub(crate) token: ResumeToken,
    pub(crate) quota: Quota,
    /// The peer connection made ahead, until the socket arrives with it.
    pub(crate) prepared: Option<Prepared>,
}

/// The last words to a tab that lost its place, for when they did not come through.
#[derive(Debug)]
pub(crate) struct Farewell {
    participant: ParticipantId,
    token: ResumeToken,
    log: ResumeLog,
    why: CloseReason,
    until: Timestamp,
}
