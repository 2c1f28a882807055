//! What administrators do: people, and the letters that reach them. Each right is one method of `AdminScope`; clinical text
//! has no way here.

pub(crate) mod access_reset;
pub(crate) mod care_team;
pub(crate) mod changes;
mod csv;
mod grant;
pub(crate) mod import;
pub(crate) mod outbox;
pub(crate) mod people;
pub(crate) mod policy;
