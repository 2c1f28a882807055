//! The TypeScript of the wire, made from the types themselves.

use ts_rs::{Config, TS};

use crate::{
    ClientMessage, EndReason, Envelope, Epoch, GoneReason, GroupChange, GroupId, GroupState, KeyPackage,
    MediaGeneration, Mid, PersonInVisit, PrivateMessage, Refusal, RefusalCode, ResumeToken, Sdp,
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
    out
}
