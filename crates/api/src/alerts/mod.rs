//! What the server notices by itself: too many of something in the audit log, and a log that is not the one that was
//! written. Shown to administrators and auditors, mailed to administrators, and told in the log for programs.

pub(crate) mod guard_log;
mod letter;
mod rules;
mod watch;

pub(crate) use watch::report_break;
pub use watch::{Chain, Watch, check_chain, look};
