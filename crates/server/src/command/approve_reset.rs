//! `curtain approve-reset`: the second person of a reset (AU10), where the practice has one administrator only.
//!
//! An administrator has asked for it under *People*; whoever holds this console approves it, and hands over the link. It sets
//! password and second factor, works once and for 72 hours. The person gets it as a letter too, so that nobody is reset
//! behind their back.

use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use clap::Args;
use curtain_api::{PublicOrigin, mail};
use curtain_auth::{ActivationToken, SystemEntropy};
use curtain_domain::{Clock as _, EmailAddress, SessionId, SystemClock};
use curtain_storage::{NewLink, Owner, Store, StoreConfig};
use curtain_vault::Vault;

use crate::config::{DatabaseArgs, KeyArgs};

const NONE_WAITS: &str = "no reset of this account waits for approval: an administrator asks for it under People, and it \
                          waits for 72 hours";

/// Whose.
#[derive(Debug, Clone, Args)]
pub(crate) struct ApproveResetArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    key: KeyArgs,
    /// What the person signs in with.
    #[arg(long)]
    email: String,
    /// The address that people type, without a path.
    #[arg(long, env = "CURTAIN_PUBLIC_ORIGIN", value_name = "ORIGIN")]
    public_origin: String,
}

pub(crate) fn run(args: &ApproveResetArgs) -> anyhow::Result<()> {
    let origin: PublicOrigin = args.public_origin.parse().map_err(|why| anyhow!("--public-origin {why}"))?;
    let email = EmailAddress::parse(&args.email).map_err(|why| anyhow!("--email {why}"))?;
    let link = super::wait_for(approve(args, &origin, &email))?;
    super::print(&format!("{link}\n"))
}

async fn approve(
    args: &ApproveResetArgs,
    origin: &PublicOrigin,
    email: &EmailAddress,
) -> anyhow::Result<String> {
    let vault = vault(args).await?;
    let (now, entropy) = (SystemClock.now(), SystemEntropy::new());
    let mut owner =
        Owner::connect(&args.database.database_url).await.context("the database can't be reached")?;
    let to = owner.contact(email).await.context("the database can't be read")?.context(NONE_WAITS)?;
    let token = ActivationToken::new(&entropy);
    let link = format!("{origin}/activate#{}", *token.to_text());
    let letter =
        mail::console_reset(&vault, &entropy, &to, &link, now).context("the letter can't be sealed")?;
    let stored = NewLink { id: SessionId::new(now, &entropy), hash: token.hash() };
    let approved = owner.approve_access_reset(email, stored, &letter, now).await;
    approved.context("the reset could not be approved")?.then_some(link).context(NONE_WAITS)
}

/// The vault that a running server opens letters with: a letter under another key would never go out.
async fn vault(args: &ApproveResetArgs) -> anyhow::Result<Vault> {
    let key = args.key.load()?;
    let store = Store::connect(StoreConfig::new(&args.database.database_url)).await;
    let store = store.context("the database can't be used")?;
    let practice = store.practice().await?.context("there is no practice in this database")?;
    let vault = Vault::new(key, practice.id, Arc::new(SystemEntropy::new()));
    if let Some(key) = store.credentials().begin().await?.credential_key().await? {
        vault.pepper(&key).context("the key file is not the one of this database")?;
    }
    Ok(vault)
}
