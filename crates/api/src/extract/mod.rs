//! What a handler may take from a request: each extractor is one check that no handler can forget.

mod client_address;
mod if_match;
mod json;
mod path_id;
mod signed_in;
mod stepped_up;

pub use client_address::{AddressRange, ClientAddress, InvalidRange};
pub use if_match::IfMatch;
pub use json::Json;
pub use path_id::PathId;
pub use signed_in::{SignedIn, SignedInAny};
pub use stepped_up::{SteppedUp, SteppedUpAny};
