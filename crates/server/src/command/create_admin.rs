//! `curtain create-admin`: prints a link with which an administrator chooses a password and sets up an authenticator.
//!
//! The link works once and for 72 hours (AU12). Its token stands in the fragment, which browsers keep to themselves
//! (OP9).

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use curtain_api::PublicOrigin;
use curtain_auth::{ActivationToken, SystemEntropy};
use curtain_domain::{AccountId, Clock as _, EmailAddress, PersonName, PracticeId, SessionId, SystemClock};
use curtain_storage::{NewAdministrator, Owner, Practice, StorageError};

use crate::config::DatabaseArgs;

/// For whom.
#[derive(Debug, Clone, Args)]
pub(crate) struct CreateAdminArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// What others will call them.
    #[arg(long)]
    name: String,
    /// What they will sign in with.
    #[arg(long)]
    email: String,
    /// What the practice is called. Needed the first time, when there is no practice yet.
    #[arg(long, value_name = "NAME")]
    practice: Option<String>,
    /// The address that people type, without a path.
    #[arg(long, env = "CURTAIN_PUBLIC_ORIGIN", value_name = "ORIGIN")]
    public_origin: String,
}

pub(crate) fn run(args: &CreateAdminArgs) -> anyhow::Result<()> {
    let origin: PublicOrigin = args.public_origin.parse().map_err(|why| anyhow!("--public-origin {why}"))?;
    let name = PersonName::parse(&args.name).map_err(|why| anyhow!("--name {why}"))?;
    let email = EmailAddress::parse(&args.email).map_err(|why| anyhow!("--email {why}"))?;
    let token = super::wait_for(invite(args, name, email))?;
    super::print(&format!("{origin}/activate#{}\n", *token.to_text()))
}

async fn invite(
    args: &CreateAdminArgs,
    name: PersonName,
    email: EmailAddress,
) -> anyhow::Result<ActivationToken> {
    let (now, entropy) = (SystemClock.now(), SystemEntropy::new());
    let mut owner =
        Owner::connect(&args.database.database_url).await.context("the database can't be reached")?;
    if owner.practice().await.context("the database can't be read: run `curtain migrate` first")?.is_none() {
        let given = args.practice.as_deref().context("there is no practice yet: name it with --practice")?;
        let practice = PersonName::parse(given).map_err(|why| anyhow!("--practice {why}"))?;
        let practice = Practice { id: PracticeId::new(now, &entropy), name: practice.as_str().to_owned() };
        owner.set_up_practice(&practice, now).await?;
    }
    let token = ActivationToken::new(&entropy);
    let administrator = NewAdministrator {
        account: AccountId::new(now, &entropy),
        email,
        name,
        link: token.hash(),
        link_id: SessionId::new(now, &entropy),
    };
    match owner.create_administrator(&administrator, now).await {
        Err(StorageError::Constraint(name)) if name == "account_email_key" => {
            bail!("somebody has an account with this address already")
        }
        outcome => outcome.map(|()| token).context("the account could not be made"),
    }
}
