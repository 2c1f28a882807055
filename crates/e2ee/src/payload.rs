//! What people say inside the group: the first byte is the kind, the second the version.
//!
//! ```text
//! 01 | 1 | utf-8        chat
//! 10 | 1 | …            the SafetyCode's commitment, `safety_code/message.rs`
//! 11 | 1 | …            and what it was to
//! 13 | 1 | utf-8        hello: the name of who has none in the credential
//! 14 | 1 | epoch u64    ready: holds the frame keys of that epoch
//! 16 | 1 | mask         tracks: 1 microphone, 2 camera, 4 screen; sealed, so that the server can't tell who is muted
//! 17 | 1 | since u64 | round u8   "the SafetyCode of that round that I was read is another than mine"
//! ```

use curtain_domain::PersonName;

use crate::codec::Reader;
use crate::{Refusal, SafetyMessage, SafetyStep};

/// Characters in one chat message: a long paragraph. The server's limit for a sealed message is made for this.
pub const CHAT_CHARS: usize = 4_000;

const CHAT: u8 = 0x01;
const SAFETY_COMMIT: u8 = 0x10;
const SAFETY_REVEAL: u8 = 0x11;
const HELLO: u8 = 0x13;
const READY: u8 = 0x14;
const TRACKS: u8 = 0x16;
const CODE_DIFFERS: u8 = 0x17;
const VERSION: u8 = 1;

/// One application message, opened.
#[derive(Clone, PartialEq, Eq)]
pub enum Payload {
    /// Typed text, at most [`CHAT_CHARS`] characters, not empty.
    Chat(String),
    /// A step of the SafetyCode. The group's machine says and hears these by itself.
    SafetyCode(SafetyMessage),
    /// What a patient or guest is called.
    Hello(PersonName),
    /// The sender can open frames of this epoch.
    Ready(u64),
    /// What the sender has switched on.
    Tracks(Tracks),
    /// The sender was read another SafetyCode than their own screen shows.
    CodeDiffers {
        /// The epoch since when the roster stands.
        since: u64,
        /// The code's round.
        round: u8,
    },
}

/// Which tracks are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tracks {
    /// The microphone.
    pub microphone: bool,
    /// The camera.
    pub camera: bool,
    /// The screen.
    pub screen: bool,
}

impl Payload {
    /// The bytes to seal.
    pub fn encode(&self) -> Vec<u8> {
        let (kind, body) = match self {
            Self::Chat(text) => (CHAT, text.as_bytes().to_vec()),
            Self::SafetyCode(message) => {
                let reveal = matches!(message.step, SafetyStep::Reveal { .. });
                (if reveal { SAFETY_REVEAL } else { SAFETY_COMMIT }, message.body())
            }
            Self::Hello(name) => (HELLO, name.as_str().as_bytes().to_vec()),
            Self::Ready(epoch) => (READY, epoch.to_be_bytes().to_vec()),
            Self::Tracks(tracks) => (TRACKS, vec![tracks.mask()]),
            Self::CodeDiffers { since, round } => {
                (CODE_DIFFERS, [&since.to_be_bytes()[..], &[*round]].concat())
            }
        };
        [&[kind, VERSION][..], &body].concat()
    }

    /// Reads a payload. A kind or version that this version does not know is `None`: later ones may say more.
    ///
    /// # Errors
    /// [`Refusal::BadPayload`] for a known kind in a wrong form.
    pub fn decode(bytes: &[u8]) -> Result<Option<Self>, Refusal> {
        let (&[kind, version], body) = bytes.split_first_chunk::<2>().ok_or(Refusal::BadPayload)?;
        if version != VERSION {
            return Ok(None);
        }
        let payload = match kind {
            CHAT => read_text(body)
                .filter(|text| !text.is_empty() && text.chars().count() <= CHAT_CHARS)
                .map(|text| Self::Chat(text.to_owned())),
            SAFETY_COMMIT => SafetyMessage::read_commit(body).map(Self::SafetyCode),
            SAFETY_REVEAL => SafetyMessage::read_reveal(body).map(Self::SafetyCode),
            HELLO => read_text(body).and_then(|text| PersonName::parse(text).ok()).map(Self::Hello),
            READY => read_u64(body).map(Self::Ready),
            TRACKS => read_tracks(body).map(Self::Tracks),
            CODE_DIFFERS => read_code_differs(body),
            _ => return Ok(None),
        };
        payload.map(Some).ok_or(Refusal::BadPayload)
    }
}

impl Tracks {
    const fn mask(self) -> u8 {
        self.microphone as u8 | (self.camera as u8) << 1 | (self.screen as u8) << 2
    }
}

fn read_text(body: &[u8]) -> Option<&str> {
    core::str::from_utf8(body).ok()
}

fn read_u64(body: &[u8]) -> Option<u64> {
    let mut reader = Reader::new(body);
    let value = reader.u64()?;
    reader.end().map(|()| value)
}

fn read_code_differs(body: &[u8]) -> Option<Payload> {
    let mut reader = Reader::new(body);
    let (since, round) = (reader.u64()?, reader.u8()?);
    reader.end().map(|()| Payload::CodeDiffers { since, round })
}

fn read_tracks(body: &[u8]) -> Option<Tracks> {
    let &[mask] = body else { return None };
    (mask < 8).then_some(Tracks { microphone: mask & 1 != 0, camera: mask & 2 != 0, screen: mask & 4 != 0 })
}
