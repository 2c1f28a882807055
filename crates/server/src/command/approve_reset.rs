//! `curtain approve-reset`: the second person of a reset (AU10), where the practice has one administrator only.
//!
//! An administrator has asked for it under *People*; whoever holds this console approves it, and hands over the link. It sets
//! password and second factor, works once and for 72 hours.

use anyhow::{Context as _, anyhow};
use clap::Args;
use curtain_api::PublicOrigin;
use curtain_auth::{ActivationToken, SystemEntropy};
use curtain_domain::{Clock as _, EmailAddress, SessionId, SystemClock};
use curtain_storage::{NewLink, Owner};

use crate::config::DatabaseArgs;

/// Whose.
#[derive(Debug, Clone, Args)]
pub(crate) struct ApproveResetArgs {
    #[command(flatten)]
    database: DatabaseArgs,
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
    let token = super::wait_for(approve(args, email))?;
    super::print(&format!("{origin}/activate#{}\n", *token.to_text()))
}

async fn approve(args: &ApproveResetArgs, email: EmailAddress) -> anyhow::Result<ActivationToken> {
    let (now, entropy) = (SystemClock.now(), SystemEntropy::new());
    let mut owner =
        Owner::connect(&args.database.database_url).await.context("the database can't be reached")?;
    let token = ActivationToken::new(&entropy);
    let link = NewLink { id: SessionId::new(now, &entropy), hash: token.hash() };
    let approved =
        owner.approve_access_reset(&email, link, now).await.context("the reset could not be approved")?;
    approved.then_some(token).context(
        "no reset of this account waits for approval: an administrator asks for it under People, and it waits for 72 hours",
    )
}
