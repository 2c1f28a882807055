//! `curtain demo-accounts`: who can sign in to the demo, and with what. All of it is public.

use clap::Args;
use curtain_auth::TotpSecret;
use curtain_storage::demo::{ACCOUNTS, PASSWORD};
use serde::Serialize;

/// How to print them.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct DemoAccountsArgs {
    /// For programs.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Account {
    name: &'static str,
    email: &'static str,
    password: &'static str,
    totp_secret: String,
    role: &'static str,
}

pub(crate) fn run(args: DemoAccountsArgs) -> anyhow::Result<()> {
    let accounts = ACCOUNTS
        .iter()
        .map(|person| {
            Ok(Account {
                name: person.name,
                email: person.email,
                password: PASSWORD,
                totp_secret: TotpSecret::from_bytes(&person.totp_seed)?.to_base32().to_string(),
                role: person.role.as_str(),
            })
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    if args.json {
        return super::print(&(serde_json::to_string(&accounts)? + "\n"));
    }
    let lines = accounts.iter().map(|one| format!("{:<14} {:<28} {}\n", one.role, one.email, one.name));
    super::print(&format!("{}password of all: {PASSWORD}\n", lines.collect::<String>()))
}
