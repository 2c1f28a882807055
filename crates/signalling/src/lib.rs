//! One visit's room as a pure state machine: `VisitRoom::handle(now, input) -> outputs`.
//!
//! Here is decided what every message may do in every state (tests/answers holds the whole table). There is no
//! socket, no task, no clock and no chance in this crate: `api::realtime` drives it, tests drive it the same way.
//!
//! Where to look: who is there and who lost the connection, `presence`; who waits and who comes back, `waiting_room`;
//! the order of commits, `group_order`; taking back what nobody follows, `commits_in_doubt`; what goes to the forwarder,
//! `media_relay`; who is told what changed, `announcements`.

mod announcements;
mod commits_in_doubt;
mod group;
mod group_order;
mod input;
mod media_relay;
mod output;
mod place;
mod presence;
mod visit_room;
mod waiting_room;

pub use input::{ConnectionId, Input, MediaNews};
pub use output::{CloseReason, MediaOrder, Output, VisitDeed, VisitFact};
pub use visit_room::VisitRoom;
