//! What is too much of something. Each number says what a higher and a lower one would cost.

use core::time::Duration;

use curtain_storage::{AlertKind, AlertRule, AuditKind, Counted};

/// Failures are counted within so long. Longer would add up the slips of an ordinary morning; shorter would let a patient
/// attacker stay below.
const BURST: Duration = Duration::from_mins(5);
/// Failed sign-ins of one person. Who has forgotten a password tries three to six times; the delays let a guesser have ten
/// within a minute. Lower cries wolf, higher helps only the guesser.
const FAILURES_OF_ONE: u32 = 10;
/// Failed sign-ins in the whole practice. Guessing at many names stays below the number above for each of them. A practice
/// of some hundred people has a handful in five minutes at the worst; one address alone gets to some forty before it is
/// held off, and then counts on with one refusal a second.
const FAILURES_OF_ALL: u32 = 50;
/// How long a clinician's reading is added up.
const READING: Duration = Duration::from_hours(1);
/// Patients whose records one person opened. A full clinic is four to eight visits an hour; looking something up for a
/// colleague comes on top. Lower accuses the busy, higher lets a whole practice be read in a day.
const PATIENTS_READ: u32 = 20;

/// A burst that goes on within so long of its last event is the same alert. Shorter makes one attack many alerts, longer
/// hides the second attack in the first.
const QUIET: Duration = Duration::from_hours(1);
/// One letter for each kind of alert within so long, or whoever fails often enough fills the mailboxes of those who should
/// read. Longer leaves them in the dark, shorter is noise.
pub(super) const LETTER_EVERY: Duration = Duration::from_hours(1);

/// What counts as opening a record.
const READS: &[AuditKind] = &[AuditKind::NoteRead];
const FAILURES: &[AuditKind] = &[AuditKind::SignInFailed, AuditKind::CodeWrong, AuditKind::StepUpFailed];
/// In the practice as a whole, what was not even looked at counts too.
const FAILURES_AND_REFUSALS: &[AuditKind] =
    &[AuditKind::SignInFailed, AuditKind::CodeWrong, AuditKind::StepUpFailed, AuditKind::SignInThrottled];

/// Somebody else took a factor away: it must not go unnoticed, however few there are. Asking for a reset of everything is not
/// one yet; approving it is.
const RESETS: &[AuditKind] = &[AuditKind::FactorReset, AuditKind::AccessResetApproved];

/// All that is looked for in the log. A broken log is no event in it: `watch.rs` looks for that by itself.
pub(super) const RULES: [AlertRule; 4] = [
    AlertRule {
        kind: AlertKind::FailedSignIns,
        events: FAILURES_AND_REFUSALS,
        counted: Counted::All,
        within: BURST,
        at_least: FAILURES_OF_ALL,
        quiet: QUIET,
    },
    AlertRule {
        kind: AlertKind::FailedSignInsOfOne,
        events: FAILURES,
        counted: Counted::OfOne,
        within: BURST,
        at_least: FAILURES_OF_ONE,
        quiet: QUIET,
    },
    AlertRule {
        kind: AlertKind::ManyRecordsRead,
        events: READS,
        counted: Counted::Patients,
        within: READING,
        at_least: PATIENTS_READ,
        quiet: QUIET,
    },
    AlertRule {
        kind: AlertKind::FactorReset,
        events: RESETS,
        counted: Counted::Each,
        within: Duration::ZERO,
        at_least: 1,
        quiet: Duration::ZERO,
    },
];
