//! One media thread: a UDP port, the visits pinned to it, and the loop that moves their packets.

mod directory;
mod event_loop;
mod worker;

pub(crate) use event_loop::{Order, run};

#[cfg(test)]
mod tests;
