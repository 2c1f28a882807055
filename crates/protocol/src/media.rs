//! Media negotiation: the server offers, the browser answers, and a map says whose track stands in which slot.

use core::fmt;

use curtain_domain::ParticipantId;
use serde::{Deserialize, Deserializer, Serialize, de};
use ts_rs::TS;

use crate::{Limits, TooLarge};

/// A session description (RFC 8866) of at most 32 KiB. Holds addresses, so `Debug` tells its length only.
#[derive(Clone, PartialEq, Eq, Serialize, TS)]
#[serde(transparent)]
#[ts(type = "string")]
pub struct Sdp(String);

impl Sdp {
    /// Takes a description up to the limit. Its form is checked where it is used, in `media`.
    pub fn new(text: String) -> Result<Self, TooLarge> {
        if text.len() > Limits::SDP_BYTES { Err(TooLarge(Limits::SDP_BYTES)) } else { Ok(Self(text)) }
    }

    /// The description itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sdp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sdp({} bytes)", self.0.len())
    }
}

impl<'de> Deserialize<'de> for Sdp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// Counts a participant's peer connections: an answer to an older offer is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(type = "number")]
pub struct MediaGeneration(pub u32);

/// The `a=mid` of an m-line (RFC 8843).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(type = "string")]
pub struct Mid(pub String);

/// What a track carries. The order is that of the m-lines and of the SFrame contexts (docs/protocol.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TrackKind {
    /// SFrame context 0.
    Microphone,
    /// SFrame context 1.
    Camera,
    /// SFrame context 2.
    Screen,
}

impl TrackKind {
    /// Every kind, in the order of the m-lines.
    pub const ALL: [Self; 3] = [Self::Microphone, Self::Camera, Self::Screen];

    /// Sound, as opposed to pictures.
    pub const fn is_audio(self) -> bool {
        matches!(self, Self::Microphone)
    }
}

/// One of the fifteen receiving m-lines of a browser and who is heard or seen on it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// The m-line.
    pub mid: Mid,
    /// Whose track it carries; `None` while the slot is free.
    #[ts(as = "Option<String>")]
    pub participant: Option<ParticipantId>,
    /// What it carries.
    pub kind: TrackKind,
}
