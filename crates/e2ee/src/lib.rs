//! The private group of a visit: MLS, commit rules, credentials, frame keys. Bytes in, bytes out.
//!
//! One [`Member`] is one tab in one visit. It is compiled natively for the native participants and to WebAssembly for
//! the browser's worker, so that both run the very same rules. **It does no I/O and asks nobody for the time:** every
//! call takes what arrived and gives what to send. Only fresh keys are drawn from the system's generator, inside the
//! MLS library.
//!
//! RFC 9420 (MLS) names most things here; RFC 9605 (SFrame) names the frame keys.

mod codec;
mod credential;
mod error;
mod frame_keys;
mod member;
mod payload;
mod policy;
mod roster;
mod rules;
mod safety_code;
mod suite;
#[cfg(target_arch = "wasm32")]
mod wasm;

pub use credential::{CREDENTIAL_TYPE, Certificate, Chain, Credential, Invited, OwnDevice, Proof};
pub use error::Refusal;
pub use frame_keys::{Context, FrameKey, KeyAndSalt, derive_frame_key, kid};
pub use member::{Cause, CommitOutput, Event, Member, NewLeaf, Newcomer};
pub use payload::{CHAT_CHARS, Payload, Tracks};
pub use policy::{MAX_MEMBERS, POLICY_EXTENSION, Policy};

pub use roster::{LEAVES, Roster, RosterMember};
pub use rules::{GONE_FOR, GONE_FOR_SEEN};
pub use safety_code::{SafetyFailure, SafetyMessage, SafetyState, SafetyStep, SafetyView};
#[cfg(not(target_arch = "wasm32"))]
pub use suite::DeviceKey;
