//! What crosses a visit's WebSocket, typed once; the TypeScript in `web/src/signalling/protocol.gen.ts` is made from it.
//!
//! The server sets sender, role, visit and time; MLS bytes pass through it unread but for a commit's frame. **Every message has a size limit,
//! and unknown fields are refused.** What each message may do in which state is the table of `signalling`.

mod client_message;
mod commit_frame;
mod envelope;
mod limits;
mod media;
mod opaque;
mod people;
mod refusal;
mod server_message;
pub mod typescript;

pub use client_message::{ClientMessage, GroupChange};
pub use commit_frame::{CommitFrame, NotACommit};
pub use envelope::{Envelope, MalformedMessage, decode, encode};
pub use limits::Limits;
pub use media::{MediaGeneration, Mid, Sdp, Slot, TrackKind};
pub use opaque::{
    Commit, Epoch, GroupId, KeyPackage, NotBase64, PrivateMessage, ResumeToken, TooLarge, Welcome,
};
pub use people::{GroupState, PersonInVisit, WaitingPerson};
pub use refusal::{Refusal, RefusalCode};
pub use server_message::{EndReason, GoneReason, ServerMessage};
