//! A visit's life: which state follows which, and nothing else.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where a visit stands (FHIR Encounter.status has the same steps under other names).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitState {
    /// Planned; nobody is there.
    Scheduled,
    /// Somebody waits to be admitted.
    Waiting,
    /// The clinician opened the group.
    InProgress,
    /// Ended by the clinician. Final.
    Ended,
    /// Called off before it began. Final.
    Cancelled,
    /// The patient never came. Final.
    NoShow,
}

/// The step asked for does not exist in a visit's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a visit that is {from} can't become {to}")]
pub struct InvalidTransition {
    /// Where the visit stands.
    pub from: VisitState,
    /// Where it was asked to go.
    pub to: VisitState,
}

impl VisitState {
    /// Every state, for tests that must cover all.
    pub const ALL: [Self; 6] =
        [Self::Scheduled, Self::Waiting, Self::InProgress, Self::Ended, Self::Cancelled, Self::NoShow];

    /// The name that stands in the database and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Waiting => "waiting",
            Self::InProgress => "in_progress",
            Self::Ended => "ended",
            Self::Cancelled => "cancelled",
            Self::NoShow => "no_show",
        }
    }

    /// People may still come: not ended, cancelled or given up.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Scheduled | Self::Waiting | Self::InProgress)
    }

    /// The next state, or why there is none. A final state stays; a visit in progress never goes back to waiting.
    pub fn advance(self, to: Self) -> Result<Self, InvalidTransition> {
        use VisitState::{Cancelled, Ended, InProgress, NoShow, Scheduled, Waiting};
        match (self, to) {
            (from, to) if from == to && from.is_open() => Ok(to),
            (Scheduled, Waiting | InProgress | Ended | Cancelled | NoShow)
            | (Waiting, Scheduled | InProgress | Ended | Cancelled | NoShow)
            | (InProgress, Ended) => Ok(to),
            (from, to) => Err(InvalidTransition { from, to }),
        }
    }
}

impl fmt::Display for VisitState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for VisitState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(UnknownState)
    }
}

/// The text names no state of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a visit state")]
pub struct UnknownState;

/// Counts how often a note was saved; 0 before the first time. Stands in `ETag` and `If-Match`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoteVersion(pub u32);

impl NoteVersion {
    /// The version that the next save makes.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_final_state_is_final() {
        for last in VisitState::ALL.into_iter().filter(|state| !state.is_open()) {
            for next in VisitState::ALL {
                assert_eq!(last.advance(next), Err(InvalidTransition { from: last, to: next }));
            }
        }
    }

    #[test]
    fn a_visit_in_progress_can_only_end() {
        let reachable: Vec<_> =
            VisitState::ALL.into_iter().filter(|to| VisitState::InProgress.advance(*to).is_ok()).collect();
        assert_eq!(reachable, [VisitState::InProgress, VisitState::Ended]);
    }
}
