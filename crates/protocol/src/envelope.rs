//! The outermost layer: sequence numbers out, size and form in.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ClientMessage, Limits, RefusalCode, ServerMessage};

/// A server message with its number. Numbers start at 1 with the `placed` of a fresh tab and rise by one, over lost
/// connections too; 0 is for messages that a resume need not repeat (`refused`, `resumed`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Envelope {
    /// The message's number in its place.
    #[ts(type = "number")]
    pub seq: u64,
    /// The message.
    pub message: ServerMessage,
}

/// What came is not a client message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a client message")]
pub struct MalformedMessage(pub RefusalCode);

/// Reads one text frame from a browser.
pub fn decode(text: &str) -> Result<ClientMessage, MalformedMessage> {
    if text.len() > Limits::MESSAGE_BYTES {
        return Err(MalformedMessage(RefusalCode::TooLarge));
    }
    let message = serde_json::from_str(text).map_err(|_| MalformedMessage(RefusalCode::Malformed))?;
    if within_limits(&message) { Ok(message) } else { Err(MalformedMessage(RefusalCode::Malformed)) }
}

/// What the types alone can't say: no list is longer than a visit has people.
fn within_limits(message: &ClientMessage) -> bool {
    match message {
        ClientMessage::Commit(change) => {
            change.admits.len() <= Limits::PARTICIPANTS && change.removes.len() <= Limits::PARTICIPANTS
        }
        _ => true,
    }
}

/// Writes one text frame for a browser.
///
/// # Panics
/// Never: plain enums and strings always have a JSON form.
pub fn encode(envelope: &Envelope) -> String {
    serde_json::to_string(envelope).expect("plain enums and strings always have a JSON form")
}
