//! Close codes of the visit's socket (RFC 6455 §7.4): what a browser can still tell when the last message was lost.

use axum::extract::ws::CloseFrame;
use curtain_protocol::RefusalCode;
use curtain_signalling::CloseReason;

/// Why a socket is closed, by the room or by the server itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closing {
    /// The room said so.
    Room(CloseReason),
    /// The server stops; come back in a moment.
    ServerStops,
}

impl Closing {
    /// 1000 when it ends as meant, 1001 when another socket goes on, 1009 and 1008 for what was refused, 1012 for a
    /// restart, and 4401 (private use, like HTTP 401) for a session that is over.
    pub(crate) const fn frame(self) -> CloseFrame {
        let (code, reason) = match self {
            Self::Room(CloseReason::Left) => (1000, "left"),
            Self::Room(CloseReason::Declined) => (1000, "declined"),
            Self::Room(CloseReason::Removed) => (1000, "removed"),
            Self::Room(CloseReason::Ended) => (1000, "ended"),
            Self::Room(CloseReason::TakenOver) => (1001, "taken_over"),
            Self::Room(CloseReason::Resumed) => (1001, "resumed"),
            Self::Room(CloseReason::SessionOver) => (4401, "session_over"),
            Self::Room(CloseReason::Refused(RefusalCode::TooLarge)) => (1009, "refused"),
            Self::Room(CloseReason::Refused(_)) => (1008, "refused"),
            Self::ServerStops => (1012, "server_stops"),
        };
        CloseFrame { code, reason: axum::extract::ws::Utf8Bytes::from_static(reason) }
    }
}
