//! `curtain audit verify`: walks the whole audit log and says whether it is the one that was written.
//!
//! Meant to be run where the checkpoints are kept, by whoever doesn't trust the server: it needs the database, the
//! key-encryption key (whose signatures the checkpoints bear) and the file, and asks no running server.

use core::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use curtain_api::audit::{AuditBook, Report, verify};
use curtain_storage::{Store, StoreConfig};
use time::format_description::well_known::Rfc3339;

use crate::config::{DatabaseArgs, KeyArgs};

/// What to do with the log.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum AuditCommand {
    /// Says whether the log is whole; ends with 1 and names each entry that is wrong when it isn't.
    Verify(VerifyArgs),
}

/// What to verify against.
#[derive(Debug, Clone, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    key: KeyArgs,
    /// The file that `serve --audit-checkpoints` wrote.
    #[arg(long, env = "CURTAIN_AUDIT_CHECKPOINTS", value_name = "PATH")]
    checkpoints: Option<PathBuf>,
}

pub(crate) fn run(command: &AuditCommand) -> anyhow::Result<()> {
    let AuditCommand::Verify(args) = command;
    let report = super::wait_for(look(args))?;
    super::print(&words(&report))?;
    if !report.is_whole() {
        bail!("the audit log is not the one that was written");
    }
    Ok(())
}

async fn look(args: &VerifyArgs) -> anyhow::Result<Report> {
    let key = args.key.load()?;
    if let Some(path) = &args.checkpoints
        && !path.exists()
    {
        bail!("there are no checkpoints in {}", path.display());
    }
    let url = &args.database.database_url;
    let store = Store::connect(StoreConfig::new(url)).await.context("the database can't be used")?;
    let practice = store.practice().await?.context("there is no practice in this database")?;
    let book = AuditBook::new(key.checkpoint_key(practice.id)?, practice.id, args.checkpoints.clone());
    let mut scope = store.worker().begin().await?;
    Ok(verify(scope.audit_log(), &book).await?)
}

/// The findings, a line each.
fn words(report: &Report) -> String {
    let mut text = if report.is_whole() {
        format!("The audit log is whole: {} entries", report.entries)
    } else {
        format!("The audit log is broken: {} entries", report.entries)
    };
    let _ = match report.checkpoint {
        Some((number, at)) => {
            let at = at.to_date_time().format(&Rfc3339).unwrap_or_default();
            writeln!(text, ", signed up to {number} at {at}.")
        }
        None => writeln!(text, ", none of them signed yet."),
    };
    if report.unsealed > 0 {
        let _ = writeln!(text, "{} events have no number yet: is a server running?", report.unsealed);
    }
    for one in &report.breaks {
        let _ = writeln!(text, "BAD entry {}: {}", one.number, one.kind.sentence());
    }
    text
}
