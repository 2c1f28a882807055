//! What administrators do: people, the letters that reach them, alerts, and the practice's key. Each right is one method of
//! `AdminScope`; clinical text has no way here.

pub(crate) mod access_reset;
pub(crate) mod alerts;
pub(crate) mod care_team;
pub(crate) mod changes;
mod csv;
mod grant;
pub(crate) mod import;
pub(crate) mod outbox;
pub(crate) mod people;
pub(crate) mod policy;
pub(crate) mod practice_key;
