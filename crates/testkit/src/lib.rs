//! Native participants, load and hostile clients; openmls as the other opinion.

mod native_media;

pub use native_media::{MediaFailure, NativeParticipant, Received, SealedFrames};
