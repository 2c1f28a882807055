//! Visits in motion: sockets, the rooms that they talk to, and the bridge to the forwarder.
//!
//! A socket (`socket`) reads and writes one browser. A room (`room_task`) is one task per visit that owns the pure
//! machine of `curtain_signalling`, feeds it everything in order and does what it says. The `hub` finds or starts the
//! room of a visit. **No decision about a visit is made here**: what a message may do is the machine's to say.

mod chronicle;
mod close_code;
mod door;
mod hub;
mod line;
mod media_bridge;
mod room_task;
mod seats;
mod session_watch;
mod socket;

pub use door::{__path_open_socket, open_socket};
pub use hub::{Hub, HubParts};
pub use media_bridge::{MediaNewsFeed, media_feed};
