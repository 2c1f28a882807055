//! A participant's media without a browser: real ICE, DTLS and SRTP on the `webrtc` crate.
//!
//! It answers the server's offer, sends frames that look sealed (or, when a test wants it, clear ones) and keeps what
//! it receives. Nothing in it decodes: the forwarder is to be tested, not a codec.

mod answering;
mod feedback;
mod frames;
mod participant;
mod state;

pub use frames::SealedFrames;
pub use participant::NativeParticipant;
pub use state::Received;

/// What can go wrong around a native participant.
#[derive(Debug, thiserror::Error)]
pub enum MediaFailure {
    /// The `webrtc` crate refused.
    #[error("webrtc: {0}")]
    WebRtc(#[from] webrtc::error::Error),
    /// The answer is larger than a description may be.
    #[error("the answer is too large")]
    TooLarge,
    /// What was waited for did not happen in time.
    #[error("{0} did not happen in time")]
    Late(&'static str),
}
