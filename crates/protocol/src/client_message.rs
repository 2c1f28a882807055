//! What a browser may say. Sender, visit, role and time are the server's to set, so no message has a field for them.

use curtain_domain::ParticipantId;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Commit, Epoch, GroupId, KeyPackage, MediaGeneration, PrivateMessage, ResumeToken, Sdp, Welcome};

/// One message from a browser to the visit's room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// First message of a fresh tab: a new leaf asks to be let in. Also sent again after `group_restarted`, and whenever
    /// the tab's leaf turned out to be of no use (its Welcome was made for an earlier tab).
    Arrive {
        /// The new leaf.
        key_package: KeyPackage,
    },
    /// First message on the next socket of a tab that lost its connection. Everything missed follows, nothing twice.
    Resume {
        /// The secret that `placed` gave.
        token: ResumeToken,
        /// The highest sequence number that was handled.
        #[ts(type = "number")]
        received: u64,
    },
    /// Everything up to this sequence number was handled and need not be kept for a resume.
    Acknowledge {
        /// The highest sequence number that was handled.
        #[ts(type = "number")]
        received: u64,
    },
    /// The visit's clinician opens a group, the first or a fresh one; whoever was in the old one waits again.
    OpenGroup {
        /// The visit's sixteen bytes and eight random ones.
        group_id: GroupId,
    },
    /// A member moves the group to the next epoch. The first for an epoch wins, the others get `stale_epoch`.
    Commit(GroupChange),
    /// A member's rules refuse the commit that the server took for this epoch. Once all who have to follow it say so, it
    /// is taken back and its sender is out.
    RefuseCommit {
        /// The epoch that the commit would end.
        epoch: Epoch,
    },
    /// A member speaks to the group: chat, ready, hello. Relayed unread to every other member.
    Application {
        /// The epoch it was sealed in.
        epoch: Epoch,
        /// The MLS `PrivateMessage`.
        message: PrivateMessage,
        /// Asks for `taken` with this number. Only its sender gives it a meaning.
        receipt: Option<u32>,
    },
    /// The visit's clinician does not let somebody in, who may ask again.
    Decline {
        /// Who stays out.
        #[ts(as = "String")]
        participant: ParticipantId,
    },
    /// A member's commit rules refuse somebody's return (another device): who returns must be admitted afresh.
    RefuseReturn {
        /// Whose return it is.
        #[ts(as = "String")]
        participant: ParticipantId,
    },
    /// The lobby asks for a peer connection ahead of the arrival, so that joining need not wait for it. Nothing is
    /// forwarded over it before its person is a member. Once per socket.
    PrepareMedia {},
    /// The answer to the newest offer.
    Answer {
        /// Of the offer.
        generation: MediaGeneration,
        /// The browser's description.
        sdp: Sdp,
    },
    /// The peer connection failed: make a new one.
    RestartMedia {},
    /// Leaves on purpose; the place in the visit stays open.
    Leave {},
    /// The visit's clinician ends it for everyone. Final.
    EndVisit {},
}

/// A commit and what it says it does. The server can't check the claim; every member does (commit rules R0 to R3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct GroupChange {
    /// The epoch it ends.
    pub epoch: Epoch,
    /// For every member.
    pub commit: Commit,
    /// For those it admits; there when, and only when, `admits` names somebody.
    pub welcome: Option<Welcome>,
    /// Whose waiting KeyPackage it adds (for someone returning: replaces).
    #[ts(as = "Vec<String>")]
    pub admits: Vec<ParticipantId>,
    /// Whose leaf it removes for good.
    #[ts(as = "Vec<String>")]
    pub removes: Vec<ParticipantId>,
}
