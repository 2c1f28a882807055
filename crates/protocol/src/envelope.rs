//! The outermost layer: sequence numbers out, size and form in.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ClientMessage, Limits, RefusalCode, ServerMessage};

/// A server message with its number. Numbers rise by one per place, over lost connections too; 0 is for messages that
/// a resume need not repeat (refusals).
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
    serde_json::from_str(text).map_err(|_| MalformedMessage(RefusalCode::Malformed))
}

/// Writes one text frame for a browser.
pub fn encode(envelope: &Envelope) -> String {
    serde_json::to_string(envelope).expect("plain enums and strings always have a JSON form")
}
