//! Is this payload sealed? The forwarder's half of failing closed (trap T6).
//!
//! Chromium sends clear video, silently, when the sender transform is placed wrongly. Whatever has no plausible SFrame
//! header (RFC 9605 §4.3) is therefore refused and reported. Plausible is all that can be said without a key: the check
//! is against accidents, a hostile client may say in clear what it likes, and is heard by nobody, since receivers open
//! or drop.

mod clear_bytes;
mod descriptor;
mod gate;
mod sframe_header;

pub(crate) use descriptor::FrameStart;
pub(crate) use gate::{SealGate, Verdict};
pub(crate) use sframe_header::SframeHeader;
