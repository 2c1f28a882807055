//! Which rule an answer breaks.

/// A stable reason per rule of `answer`, for the log and for tests. The browser hears only that the answer is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AnswerRefusal {
    /// More bytes than a description may have.
    #[error("too_large")]
    TooLarge,
    /// More lines in one section than a browser writes.
    #[error("too_many_lines")]
    TooManyLines,
    /// More m-lines than were offered.
    #[error("too_many_sections")]
    TooManySections,
    /// More payload types on one m-line than a browser answers with.
    #[error("too_many_payload_types")]
    TooManyPayloadTypes,
    /// More candidates than any machine has.
    #[error("too_many_candidates")]
    TooManyCandidates,
    /// A line that isn't `x=…`, or a character that has no business in a description.
    #[error("malformed")]
    Malformed,
    /// Not our m-lines in our order, or one of them rejected.
    #[error("wrong_sections")]
    WrongSections,
    /// An m-line outside of the one transport.
    #[error("not_bundled")]
    NotBundled,
    /// RTCP on a port of its own.
    #[error("no_rtcp_mux")]
    NoRtcpMux,
    /// No fingerprint, several, or another hash than SHA-256.
    #[error("bad_fingerprint")]
    BadFingerprint,
    /// Neither `active` nor `passive`.
    #[error("bad_setup")]
    BadSetup,
    /// ICE credentials missing or outside of RFC 8839.
    #[error("bad_ice_credentials")]
    BadIceCredentials,
    /// It wants to send where we send, or to receive where we receive.
    #[error("bad_direction")]
    BadDirection,
    /// No codec of ours, or one under another number.
    #[error("bad_codec")]
    BadCodec,
    /// A sending m-line without its source, with too many, or one source twice.
    #[error("bad_source")]
    BadSource,
    /// The connection is connected already, or closed.
    #[error("not_expected")]
    NotExpected,
    /// `rtc` did not take it although it keeps our rules.
    #[error("not_understood")]
    NotUnderstood,
}
