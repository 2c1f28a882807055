//! Who receives which packet: one visit as a pure machine. Packets and the time go in, actions come out.

mod arrivals;
mod history;
mod key_frames;
mod missing;
mod packet;
mod quiet;
mod rewrite;
mod seats;
mod track;
mod visit;

pub(crate) use packet::{Incoming, Outgoing};
pub(crate) use visit::{Action, Visit, empty_slots};

#[cfg(test)]
mod tests;
