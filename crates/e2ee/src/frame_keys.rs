//! Frame keys: from the group's exporter to one key and salt per sender and track (RFC 9605).
//!
//! Base key = MLS-Exporter("SFrame 1.0 Base Key", "", 16) (§5.2); key and salt of a KID from it by HKDF (§4.4.2), suite
//! 4, `AES_128_GCM_SHA256_128`. **A context per track:** two tracks of one sender under one key would both start at
//! counter 0, and the same key and counter twice breaks AES-GCM.

use zeroize::Zeroizing;

use crate::Refusal;
use crate::roster::LEAVES;
use crate::suite::Suite;

/// The MLS exporter's label (RFC 9605 §5.2).
pub(crate) const BASE_KEY_LABEL: &[u8] = b"SFrame 1.0 Base Key";
/// Nk of suite 4: the base key's and the key's bytes.
pub(crate) const KEY_BYTES: usize = 16;
const SALT_BYTES: usize = 12;
/// `AES_128_GCM_SHA256_128` (RFC 9605 §8.1).
const SFRAME_SUITE: [u8; 2] = 4_u16.to_be_bytes();

/// Which of a sender's tracks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Context {
    /// The microphone.
    Microphone = 0,
    /// The camera.
    Camera = 1,
    /// The shared screen.
    Screen = 2,
    /// The shared screen's sound.
    ScreenSound = 3,
}

impl Context {
    /// Every context, for tests that must cover all.
    pub const ALL: [Self; 4] = [Self::Microphone, Self::Camera, Self::Screen, Self::ScreenSound];

    /// From the number in a KID.
    ///
    /// # Errors
    /// [`Refusal::UnknownContext`] for 4 and above.
    pub fn from_code(code: u8) -> Result<Self, Refusal> {
        Self::ALL.into_iter().find(|context| *context as u8 == code).ok_or(Refusal::UnknownContext)
    }
}

/// What seals and opens the frames of one sender's track in one epoch. A secret: no `Debug`, wiped when dropped.
#[derive(Clone)]
pub struct FrameKey {
    /// The key id that stands in every frame's header.
    pub kid: u16,
    /// The AES-128-GCM key.
    pub key: Zeroizing<[u8; KEY_BYTES]>,
    /// Combined by XOR with the frame's counter to make the nonce.
    pub salt: Zeroizing<[u8; SALT_BYTES]>,
}

/// KID = context (4 bits) | leaf (4) | epoch (8): one to three header bytes. Leaves are below [`LEAVES`].
pub const fn kid(context: Context, leaf: u8, epoch: u64) -> u16 {
    (context as u16) << 12 | ((leaf % LEAVES) as u16) << 8 | (epoch & 0xFF) as u16
}

/// The key of one KID in the epoch of this base key.
pub(crate) fn frame_key(suite: &Suite, base_key: &[u8], kid: u16) -> Result<FrameKey, Refusal> {
    let (key, salt) = derive(suite, base_key, u64::from(kid))?;
    Ok(FrameKey { kid, key, salt })
}

/// A key and a salt, wiped when dropped.
pub type KeyAndSalt = (Zeroizing<[u8; KEY_BYTES]>, Zeroizing<[u8; SALT_BYTES]>);

/// Key and salt of any KID of suite 4 (RFC 9605 §4.4.2), for the vectors.
///
/// # Errors
/// [`Refusal::Refused`], which does not happen with a base key of 16 bytes.
pub fn derive_frame_key(base_key: &[u8], kid: u64) -> Result<KeyAndSalt, Refusal> {
    derive(&Suite::new()?, base_key, kid)
}

fn derive(suite: &Suite, base_key: &[u8], kid: u64) -> Result<KeyAndSalt, Refusal> {
    let secret = suite.extract(&[], base_key)?;
    let info = |label: &[u8]| [label, &kid.to_be_bytes(), &SFRAME_SUITE].concat();
    Ok((
        suite.expand(&secret, &info(b"SFrame 1.0 Secret key "))?,
        suite.expand(&secret, &info(b"SFrame 1.0 Secret salt "))?,
    ))
}
