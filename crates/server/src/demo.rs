//! Fills a database with the demo practice: invented people, with passwords and seeds that everybody knows.

use std::sync::Arc;

use anyhow::ensure;
use curtain_auth::{NewPassword, PasswordHasher, PasswordMinimum, TotpSecret};
use curtain_domain::{Clock, Entropy};
use curtain_storage::demo::{ACCOUNTS, DemoCredential, DemoSeed, PASSWORD, PRACTICE_ID, TOTP_VERSION};
use curtain_storage::{Owner, Practice, Store};
use curtain_vault::{CredentialContext, KeyEncryptionKey, Vault};

/// Seeds what is missing and makes sure that a visit is due now.
pub(crate) async fn seed(
    url: &str,
    store: &Store,
    hasher: &PasswordHasher,
    clock: &dyn Clock,
    entropy: &Arc<dyn Entropy>,
) -> anyhow::Result<()> {
    let mut owner = Owner::connect(url).await?;
    if let Some(practice) = owner.practice().await? {
        check_practice(&practice, true)?;
    }
    if store.credentials().begin().await?.credential_key().await?.is_none() {
        let seed = credentials(hasher, clock, entropy)?;
        owner.seed_demo(&seed, clock.now()).await?;
    }
    Ok(owner.refresh_demo(clock.now(), entropy.as_ref()).await?)
}

/// What the demo's people sign in with. One hash serves all: their password is the same and public.
fn credentials(
    hasher: &PasswordHasher,
    clock: &dyn Clock,
    entropy: &Arc<dyn Entropy>,
) -> anyhow::Result<DemoSeed> {
    let vault = Vault::new(KeyEncryptionKey::demo()?, PRACTICE_ID, Arc::clone(entropy));
    let credential_key = vault.new_data_key(None, clock.now())?;
    let password =
        hasher.hash(&NewPassword::choose(PASSWORD, PasswordMinimum::DEFAULT, &[])?, entropy.as_ref())?;
    let credentials = ACCOUNTS
        .iter()
        .map(|person| {
            let context = CredentialContext::totp(credential_key.clone(), person.account, TOTP_VERSION);
            let seed = vault.seal_totp(&context, &TotpSecret::from_bytes(&person.totp_seed)?)?;
            Ok(DemoCredential { account: person.account, password: password.clone(), seed })
        })
        .collect::<anyhow::Result<_>>()?;
    Ok(DemoSeed { credential_key, credentials })
}

/// The demo's practice in a server that is no demo, or the other way round, is refused.
pub(crate) fn check_practice(practice: &Practice, demo: bool) -> anyhow::Result<()> {
    let is_demo = practice.id == PRACTICE_ID;
    ensure!(
        demo || !is_demo,
        "the database holds the demo practice, whose passwords everybody knows: use another, or start with --demo"
    );
    ensure!(is_demo || !demo, "the database holds a real practice: the demo needs a database of its own");
    Ok(())
}
