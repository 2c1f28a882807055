//! The sizes and rates of signalling (requirements RT3 and RT4 of the threat model).

use core::time::Duration;

/// Every bound of the WebSocket in one place.
#[derive(Debug, Clone, Copy)]
pub struct Limits;

impl Limits {
    /// One message. A commit with its Welcome for six people is 5 kB, an answer for 18 m-lines 17 kB; more than
    /// 64 KiB only helps who wants to fill our memory.
    pub const MESSAGE_BYTES: usize = 64 * 1024;
    /// A KeyPackage of suite 1 is 0.5 kB, of a post-quantum suite 2.9 kB.
    pub const KEY_PACKAGE_BYTES: usize = 8 * 1024;
    /// Commit or Welcome before base64; both must fit one message together.
    pub const HANDSHAKE_BYTES: usize = 20 * 1024;
    /// A chat message of 4 000 characters, sealed.
    pub const APPLICATION_BYTES: usize = 20 * 1024;
    /// An answer for 18 m-lines with four video codecs is 17 kB in Chromium.
    pub const SDP_BYTES: usize = 32 * 1024;
    /// Lines in one m-section: Chromium writes at most 61.
    pub const SDP_LINES_PER_SECTION: usize = 96;
    /// Own microphone, camera and screen, and three of each of five others.
    pub const SDP_SECTIONS: usize = 18;
    /// Candidates of one peer; a laptop with several networks has a dozen.
    pub const SDP_CANDIDATES: usize = 64;
    /// Sustained messages in a second from one socket.
    pub const MESSAGES_PER_SECOND: u32 = 20;
    /// Messages in a burst: a clinician who admits five people sends about 20 at once.
    pub const MESSAGE_BURST: u32 = 60;
    /// Peer connections that one tab may ask for in a row: a laptop that wakes up and changes networks needs three.
    pub const MEDIA_RESTARTS: u32 = 6;
    /// And then one after each of these: a new one costs the forwarder a handshake on a thread that others share.
    pub const MEDIA_RESTART_EVERY: Duration = Duration::from_secs(5);
    /// Fresh leaves that one person may ask to be let in with in a row: each costs everybody in the visit a commit.
    pub const RETURNS: u32 = 30;
    /// And then one after each of these: nobody reloads faster for long.
    pub const RETURN_EVERY: Duration = Duration::from_secs(2);
    /// People in one visit: leaf numbers have four bits and the offer has slots for five others.
    pub const PARTICIPANTS: usize = 6;
    /// Sockets of one person at a time: a phone, a laptop and a tab left open.
    pub const SOCKETS_PER_PERSON: usize = 4;
    /// Sockets of one address at a time: a clinic behind one address.
    pub const SOCKETS_PER_ADDRESS: usize = 50;
    /// Messages kept for one who lost the connection. More only delays the fresh start that then has to come.
    pub const RESUME_MESSAGES: usize = 512;
    /// Bytes kept for one who lost the connection: a member who sends the largest messages at the full rate fills this
    /// in five seconds, and no more than this times the people in the visit.
    pub const RESUME_BYTES: usize = 2 * 1024 * 1024;
    /// How long a lost connection keeps its place before others are told that the person is gone.
    pub const RESUME_WITHIN: Duration = Duration::from_mins(1);
    /// A reader slower than this many messages is disconnected and may resume.
    pub const SEND_QUEUE: usize = 256;
    /// Quiet sockets are pinged this often.
    pub const PING_EVERY: Duration = Duration::from_secs(20);
    /// Every browser hears a beat this often, and takes a connection for dead when two are missing. Less would cost a
    /// sleeping phone its battery; more leaves people before a still picture.
    pub const BEAT_EVERY: Duration = Duration::from_secs(5);
    /// Commits that nobody has built on yet and that can still be taken back. Who admits five people in a row sends as
    /// many before the first answer is there.
    pub const COMMITS_IN_DOUBT: usize = 8;
    /// A socket that answers nothing for this long is dead.
    pub const DEAD_AFTER: Duration = Duration::from_mins(1);
}
