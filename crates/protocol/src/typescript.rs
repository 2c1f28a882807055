//! The TypeScript of the wire, made from the types themselves.

use ts_rs::{Config, TS};

use crate::{
    ClientMessage, EndReason, Envelope, Epoch, GoneReason, GroupChange, GroupId, GroupState, KeyPackage,
    Limits, MediaGeneration, Mid, PersonInVisit, PrivateMessage, Refusal, RefusalCode, ResumeToken, Sdp,
    ServerMessage, Slot, TrackKind, WaitingPerson, Welcome,
};

/// The whole of `web/src/signalling/protocol.gen.ts`.
pub fn declarations() -> String {
    let config = Config::default();
    let mut out = String::from(
        "// Generated from crates/protocol by `cargo xtask generate`. Do not edit.\n\
         // What crosses a visit's WebSocket; docs/protocol.md tells what it is for.\n\n",
    );
    macro_rules! declare {
        ($($name:ty),* $(,)?) => {
            $( out.push_str("export "); out.push_str(&<$name>::decl(&config)); out.push_str("\n\n"); )*
        };
    }
    declare!(
        ClientMessage,
        GroupChange,
        Envelope,
        ServerMessage,
        EndReason,
        GoneReason,
        Refusal,
        RefusalCode,
        PersonInVisit,
        WaitingPerson,
        GroupState,
        Slot,
        TrackKind,
        Mid,
        Sdp,
        MediaGeneration,
        KeyPackage,
        crate::Commit,
        Welcome,
        PrivateMessage,
        GroupId,
        ResumeToken,
        Epoch,
    );
    out.push_str(&limits());
    out
}

/// The bounds that a client must keep, or shows to people.
fn limits() -> String {
    let constants: [(&str, &str, u128); 7] = [
        ("MESSAGE_BYTES", "One message, as text.", Limits::MESSAGE_BYTES as u128),
        (
            "APPLICATION_BYTES",
            "One sealed application message, before base64.",
            Limits::APPLICATION_BYTES as u128,
        ),
        ("PARTICIPANTS", "People in one visit.", Limits::PARTICIPANTS as u128),
        (
            "RESUME_MESSAGES",
            "Messages kept for a resume: acknowledge well before.",
            Limits::RESUME_MESSAGES as u128,
        ),
        (
            "RESUME_WITHIN_MS",
            "How long a lost connection keeps its place.",
            Limits::RESUME_WITHIN.as_millis(),
        ),
        ("BEAT_EVERY_MS", "The server says `beat` this often.", Limits::BEAT_EVERY.as_millis()),
        (
            "DEAD_AFTER_MS",
            "A socket that answers nothing for this long is dead.",
            Limits::DEAD_AFTER.as_millis(),
        ),
    ];
    constants
        .map(|(name, meaning, value)| format!("/** {meaning} */\nexport const {name} = {value};\n"))
        .join("\n")
}
