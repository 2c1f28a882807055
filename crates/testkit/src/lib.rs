//! Native participants, load and hostile clients; openmls as the other opinion.

mod native_media;
mod openmls_peer;

pub use native_media::{MediaFailure, NativeParticipant, Received, SealedFrames};
pub use openmls_peer::{OpenMlsPeer, PeerEvent};
