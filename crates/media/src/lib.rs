//! The forwarder: who receives which packet, and the loop that drives rtc.
//!
//! Media of a visit always passes through here, for two people as for six. The forwarder sees SFrame headers (RFC
//! 9605), never a key, and refuses what isn't sealed. Three layers, from pure to dirty:
//! - `answer`, `sealing`, `routing`: decisions on plain values, with the time as an argument;
//! - `connection`: one participant's WebRTC connection behind the `Engine` trait, today `rtc`'s own packet path;
//! - `thread`: one operating system thread and one UDP port, to which a visit is pinned by its id.
//!
//! Why `rtc` and what it can't do by itself: `docs/decisions/0003-media-engine.md`.

mod answer;
mod command;
mod connection;
mod error;
mod layout;
mod media;
mod moment;
mod routing;
mod sealing;
mod thread;

pub use answer::AnswerRefusal;
pub use command::{MediaCommand, MediaEvent, Preparation, What};
pub use error::MediaError;
pub use media::{EventSink, Media, MediaConfig};
