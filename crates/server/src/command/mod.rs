//! One file for each thing the binary can do.

pub(crate) mod approve_reset;
pub(crate) mod audit;
pub(crate) mod create_admin;
pub(crate) mod demo_accounts;
pub(crate) mod doctor;
pub(crate) mod migrate;
pub(crate) mod serve;

use std::io::{Write as _, stderr, stdout};

/// Writes to standard output: what was asked for, as opposed to the log.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    stdout().write_all(text.as_bytes())?;
    Ok(stdout().flush()?)
}

/// Tells a person why a command failed. Nothing is left to do when even that can't be written.
pub(crate) fn complain(error: &anyhow::Error) {
    let _ = writeln!(stderr(), "curtain: {error:#}");
}

/// Runs a command that waits for the network or the database.
fn wait_for<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}
