//! `curtain doctor`: looks whether everything that `serve` needs is there; one line each, green or red.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, stdout};

use anyhow::bail;
use clap::Args;
use curtain_storage::{Owner, Store, StoreConfig};

use crate::config::{DatabaseArgs, KeyArgs};
use crate::demo;

/// What to look at.
#[derive(Debug, Clone, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    key: KeyArgs,
}

/// The lines, and whether one of them is red.
#[derive(Default)]
struct Findings {
    text: String,
    red: usize,
}

impl Findings {
    fn note(&mut self, what: &str, found: Result<String, String>) {
        let (mark, detail) = match found {
            Ok(detail) => ("ok ", detail),
            Err(detail) => {
                self.red += 1;
                ("BAD", detail)
            }
        };
        let mark = match (stdout().is_terminal(), mark) {
            (false, mark) => mark.to_owned(),
            (true, "BAD") => "\u{1b}[31mBAD\u{1b}[0m".to_owned(),
            (true, mark) => format!("\u{1b}[32m{mark}\u{1b}[0m"),
        };
        let _ = writeln!(self.text, "{mark} {what}: {detail}");
    }
}

pub(crate) fn run(args: &DoctorArgs) -> anyhow::Result<()> {
    let mut findings = Findings::default();
    super::wait_for(async {
        look_at_database(args, &mut findings).await;
        Ok(())
    })?;
    findings.note(
        "key-encryption key",
        args.key.load().map(|key| key.id().0.clone()).map_err(|e| format!("{e:#}")),
    );
    look_at_client(&mut findings);
    super::print(&findings.text)?;
    if findings.red > 0 {
        bail!("{} of these need you", findings.red);
    }
    Ok(())
}

async fn look_at_database(args: &DoctorArgs, findings: &mut Findings) {
    let url = &args.database.database_url;
    let mut owner = match Owner::connect(url).await {
        Ok(owner) => owner,
        Err(error) => return findings.note("database", Err(error.to_string())),
    };
    findings.note("database", Ok("answers".to_owned()));
    let practice = owner.practice().await;
    findings.note(
        "schema",
        practice
            .as_ref()
            .map(|_| "is there".to_owned())
            .map_err(|error| format!("{error}: run `curtain migrate`")),
    );
    findings.note(
        "practice",
        match &practice {
            Ok(Some(practice)) => demo::check_practice(practice, args.key.demo)
                .map(|()| practice.id.to_string())
                .map_err(|error| error.to_string()),
            _ => Err("there is none yet: run `curtain create-admin`".to_owned()),
        },
    );
    let roles = match Store::connect(StoreConfig::new(url)).await {
        Ok(store) => store.check_roles().await,
        Err(error) => Err(error),
    };
    findings.note(
        "database roles",
        roles.map(|()| "each can sign in".to_owned()).map_err(|error| error.to_string()),
    );
}

fn look_at_client(findings: &mut Findings) {
    let assets = curtain_api::assets();
    findings.note(
        "web client",
        if assets.is_empty() {
            Err("is not part of this binary: build it with its web client".to_owned())
        } else {
            Ok(format!("{} files", assets.len()))
        },
    );
    for asset in assets {
        let _ = writeln!(findings.text, "     {} {}", asset.sha256, asset.path);
    }
}
