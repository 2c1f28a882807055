//! What people may see of the SafetyCode. A code stands here only when everybody's answers hold.

use curtain_domain::{AccountId, Timestamp};

/// How it stands.
#[derive(Clone, PartialEq, Eq)]
pub struct SafetyView {
    /// What to show.
    pub state: SafetyState,
    /// Who pressed *Try again* and waits for us to do so.
    pub asked_by: Vec<AccountId>,
    /// *Try again* would do something.
    pub can_try_again: bool,
    /// When to look again though nothing came.
    pub due: Option<Timestamp>,
    /// The epoch since when the roster stands that the code is over.
    pub since: u64,
    /// Counts from 0.
    pub round: u8,
    /// Rounds begun in this visit.
    pub started: u8,
}

/// What to show.
#[derive(Clone, PartialEq, Eq)]
pub enum SafetyState {
    /// Nobody to compare with.
    Alone,
    /// Answers are under way.
    Checking,
    /// Six digits.
    Code(String),
    /// No code, and why.
    Failed {
        /// Why.
        why: SafetyFailure,
        /// Whose doing it is, as far as that can be known.
        who: Vec<AccountId>,
    },
}

/// Why there is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SafetyFailure {
    /// Answers are missing. They still count when they come.
    NoAnswer,
    /// Members were told different things; nobody can say by whom.
    Unequal,
    /// A nonce that is not the one committed to.
    FalseReveal,
    /// Two different commitments of one member.
    TwoCommitments,
    /// The rounds of this visit are used up: the long code is left.
    TooManyRounds,
}

impl SafetyFailure {
    /// The word that crosses into the browser.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoAnswer => "no_answer",
            Self::Unequal => "unequal",
            Self::FalseReveal => "false_reveal",
            Self::TwoCommitments => "two_commitments",
            Self::TooManyRounds => "too_many_rounds",
        }
    }
}
