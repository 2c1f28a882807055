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

use crate::config::{AuditKeyArgs, DatabaseArgs, KeyArgs};

/// What to do with the log.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum AuditCommand {
    /// Says whether the log is whole; ends with 1 and names each entry that is wrong when it isn't.
    Verify(VerifyArgs),
    /// Prints the public key whose signatures the checkpoints bear. Keep it beside them: after the key-encryption key was
    /// changed, --audit-earlier-keys asks for it.
    PublicKey(PublicKeyArgs),
}

/// Whose public key.
#[derive(Debug, Clone, Args)]
pub(crate) struct PublicKeyArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    key: KeyArgs,
}

/// What to verify against.
#[derive(Debug, Clone, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    audit_keys: AuditKeyArgs,
    /// The file that `serve --audit-checkpoints` wrote.
    #[arg(long, env = "CURTAIN_AUDIT_CHECKPOINTS", value_name = "PATH")]
    checkpoints: Option<PathBuf>,
}

pub(crate) fn run(command: &AuditCommand) -> anyhow::Result<()> {
    let args = match command {
        AuditCommand::Verify(args) => args,
        AuditCommand::PublicKey(args) => return super::print(&super::wait_for(public_key(args))?),
    };
    let report = super::wait_for(look(args))?;
    super::print(&words(&report))?;
    if !report.is_whole() {
        bail!("the audit log is not the one that was written");
    }
    Ok(())
}

async fn public_key(args: &PublicKeyArgs) -> anyhow::Result<String> {
    let key = args.key.load()?;
    let store = connect(&args.database).await?;
    let practice = store.practice().await?.context("there is no practice in this database")?;
    Ok(format!("{}\n", key.checkpoint_key(practice.id)?.verifier()))
}

async fn connect(database: &DatabaseArgs) -> anyhow::Result<Store> {
    let store = Store::connect(StoreConfig::new(&database.database_url)).await;
    store.context("the database can't be used")
}

async fn look(args: &VerifyArgs) -> anyhow::Result<Report> {
    let key = args.key.load()?;
    let store = connect(&args.database).await?;
    let mut scope = store.worker().begin().await?;
    let empty = scope.audit_head().await?.is_none();
    let Some(practice) = store.practice().await? else {
        return before_the_practice(args, empty);
    };
    // A log that has nothing to sign has no file yet. One that is empty though it was signed is found by its file.
    if let Some(path) = args.checkpoints.as_ref().filter(|path| !empty && !path.exists()) {
        bail!("there are no checkpoints in {}", path.display());
    }
    let book = AuditBook::new(key.checkpoint_key(practice.id)?, practice.id, args.checkpoints.clone())
        .with_earlier_keys(args.audit_keys.earlier(practice.id)?);
    Ok(verify(scope.audit_log(), &book).await?)
}

/// Without a practice nothing can have happened yet; where something has, somebody took the practice away.
fn before_the_practice(args: &VerifyArgs, empty: bool) -> anyhow::Result<Report> {
    let signed =
        args.checkpoints.as_ref().is_some_and(|path| path.metadata().is_ok_and(|file| file.len() > 0));
    if !empty || signed {
        bail!("there is an audit log, and no practice in this database that it could be of");
    }
    Ok(Report::default())
}

/// The findings, a line each.
fn words(report: &Report) -> String {
    if report.is_whole() && report.entries == 0 && report.unsealed == 0 {
        return "The audit log has no entries yet.\n".to_owned();
    }
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
