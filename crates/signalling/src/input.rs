//! What can happen to a visit's room.

use curtain_domain::{AccountId, ParticipantId, SessionId};
use curtain_protocol::{
    ClientMessage, MediaGeneration, PersonInVisit, RefusalCode, ResumeToken, Sdp, Slot, TrackKind,
};

/// One socket, numbered by whoever accepted it. Never used again for another socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// One thing that happened. Whoever calls has checked who it is: the room never takes a sender from a message.
#[derive(Debug, Clone)]
pub enum Input {
    /// A socket opened. It has no place in the visit until it says `arrive` or `resume`.
    Connected {
        /// The new socket.
        connection: ConnectionId,
        /// Whose session opened it.
        who: PersonInVisit,
        /// That session: when it ends, so does all that it opened.
        session: SessionId,
        /// 32 bytes that nobody can guess: becomes the resume secret if this socket arrives.
        token: ResumeToken,
    },
    /// A socket said something that could be read.
    Message {
        /// Which socket.
        connection: ConnectionId,
        /// What it said.
        message: ClientMessage,
    },
    /// A socket said something that could not be read, or was too large.
    Unreadable {
        /// Which socket.
        connection: ConnectionId,
        /// What was wrong with it.
        code: RefusalCode,
    },
    /// A socket is closed, for whatever reason.
    Disconnected {
        /// Which socket.
        connection: ConnectionId,
    },
    /// A session has ended: signed out, expired or revoked. Its sockets close and its places are gone with their media,
    /// those whose connection is lost just now too.
    SessionOver {
        /// Which session.
        session: SessionId,
    },
    /// A person may not be here any more, with whatever session.
    PersonRevoked {
        /// Who.
        person: AccountId,
    },
    /// The visit got another participant, or one was renamed.
    PeopleChanged {
        /// All who belong to the visit.
        people: Vec<PersonInVisit>,
        /// Counts readings of that list, in the order in which they were begun: an older one never replaces a newer.
        reading: u64,
    },
    /// The forwarder has news about somebody's media.
    Media {
        /// Whose media.
        participant: ParticipantId,
        /// What happened.
        news: MediaNews,
    },
    /// The peer connection that a socket asked for ahead of its arrival waits for an answer.
    Prepared {
        /// Which socket asked.
        connection: ConnectionId,
        /// Which peer connection.
        generation: MediaGeneration,
        /// The server's description.
        sdp: Sdp,
        /// Nobody, on every m-line.
        slots: Vec<Slot>,
    },
    /// Time went by: the last `WakeAt` has come.
    Tick,
}

/// What the forwarder tells of one participant.
#[derive(Debug, Clone)]
pub enum MediaNews {
    /// A new peer connection waits for an answer.
    Offer {
        /// Which of the participant's peer connections.
        generation: MediaGeneration,
        /// The server's description.
        sdp: Sdp,
        /// Who is on which m-line.
        slots: Vec<Slot>,
    },
    /// Somebody came to or left an m-line.
    Slots {
        /// Which of the participant's peer connections.
        generation: MediaGeneration,
        /// All of them.
        slots: Vec<Slot>,
    },
    /// Nothing comes from the peer any more.
    Lost {
        /// Which of the participant's peer connections.
        generation: MediaGeneration,
    },
    /// Media came that isn't sealed and was not forwarded.
    Unsealed {
        /// Which track.
        kind: TrackKind,
    },
    /// The answer breaks the rules for descriptions.
    AnswerRefused {
        /// Which of the participant's peer connections.
        generation: MediaGeneration,
    },
}
