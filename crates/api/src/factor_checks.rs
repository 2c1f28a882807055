//! Checking a factor: counted before it is judged, in Postgres, so that many tries at once, on many servers, can't all slip
//! through (AU7). `curtain_auth::Factor` decides; the row's lock makes everybody decide in turn.

use curtain_auth::{DeviceToken, Factor, Standing, TotpSecret, totp};
use curtain_domain::{AccountId, EmailAddress, Timestamp, WrappedDataKey};
use curtain_storage::{Actor, AuditEvent, CredentialScope, NewTotp, StoredTotp};
use curtain_vault::CredentialContext;
use http::HeaderMap;
use uuid::Uuid;

use crate::cookies::TokenCookie;
use crate::{ApiError, House};

/// Browsers that are not known share one count.
const STRANGERS: Uuid = Uuid::nil();
/// Tries at names that nobody has are written under so many made-up ids: more would fill the table, fewer would have
/// strangers wait for each other's locks, which can be measured.
const DECOYS: u64 = 1_024;

/// The browser that a request came from, as far as an account knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KnownBrowser(pub(crate) Option<Uuid>);

impl KnownBrowser {
    /// Under which its failures are counted.
    pub(crate) fn bucket(self) -> Uuid {
        self.0.unwrap_or(STRANGERS)
    }
}

/// Under which account tries at a name are written that nobody has: always the same for the same name.
pub(crate) fn decoy(typed: Option<&EmailAddress>) -> AccountId {
    let name = typed.map_or("", EmailAddress::as_str);
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    AccountId::from_uuid(Uuid::from_u64_pair(0x0000_0000_0000_8000, 0x8000_0000_0000_0000 | (hash % DECOYS)))
}

/// Nothing to say, or why the factor may not be tried now.
pub(crate) fn allowed(standing: Standing) -> Result<(), ApiError> {
    match standing {
        Standing::Open => Ok(()),
        Standing::Wait(left) => Err(ApiError::TooManyAttempts(left.as_secs().max(1))),
        Standing::Dead => Err(ApiError::FactorLocked),
    }
}

impl House {
    /// Writes down what came to nothing, in a unit of work of its own.
    pub(crate) async fn note(&self, by: Option<Actor>, event: &AuditEvent) -> Result<(), ApiError> {
        let mut scope = self.store.credentials().begin().await?;
        scope.record(by, event, self.clock.now()).await?;
        Ok(scope.commit().await?)
    }

    /// Counts a try at a factor as failed before it is judged, if it may be tried now.
    pub(crate) async fn try_factor(
        &self,
        account: AccountId,
        factor: Factor,
        browser: KnownBrowser,
    ) -> Result<Standing, ApiError> {
        let mut scope = self.store.credentials().begin().await?;
        let standing = self.hold_factor(&mut scope, account, factor, browser).await?;
        scope.commit().await?;
        Ok(standing)
    }

    /// The same in a unit of work that goes on: whoever tries this factor at the same time waits until it is judged. Of
    /// many who bring what counts once, the first is taken, and can't be thrown out by those behind.
    pub(crate) async fn hold_factor(
        &self,
        scope: &mut CredentialScope,
        account: AccountId,
        factor: Factor,
        browser: KnownBrowser,
    ) -> Result<Standing, ApiError> {
        let (now, bucket) = (self.clock.now(), browser.bucket());
        let standing = factor.standing(scope.failures(account, factor, bucket).await?, now);
        let more = i32::from(standing == Standing::Open);
        scope.count_failures(account, factor, bucket, more, now).await?;
        Ok(standing)
    }

    /// Takes one try back: it was never judged.
    pub(crate) async fn excuse_factor(
        &self,
        account: AccountId,
        factor: Factor,
        browser: KnownBrowser,
    ) -> Result<(), ApiError> {
        let mut scope = self.store.credentials().begin().await?;
        scope.count_failures(account, factor, browser.bucket(), -1, self.clock.now()).await?;
        Ok(scope.commit().await?)
    }

    /// The browser of a request, if it is known for this account.
    pub(crate) async fn browser_of(
        &self,
        headers: &HeaderMap,
        account: AccountId,
    ) -> Result<KnownBrowser, ApiError> {
        let mut scope = self.store.credentials().begin().await?;
        self.browser_in(&mut scope, headers, account).await
    }

    /// The same in a unit of work that goes on: whoever holds one connection must not wait for another.
    pub(crate) async fn browser_in(
        &self,
        scope: &mut CredentialScope,
        headers: &HeaderMap,
        account: AccountId,
    ) -> Result<KnownBrowser, ApiError> {
        let Some(token) = self.device_token(headers) else { return Ok(KnownBrowser(None)) };
        Ok(KnownBrowser(scope.device(account, token.hash()).await?))
    }

    /// What the browser showed to be known by.
    pub(crate) fn device_token(&self, headers: &HeaderMap) -> Option<DeviceToken> {
        let cookie = TokenCookie::Device.read(headers, &self.settings.public_origin)?;
        DeviceToken::parse(cookie)
    }

    /// The time step that a code of an account's authenticator belongs to. It still has to be used up.
    pub(crate) fn totp_step(
        &self,
        account: AccountId,
        stored: &StoredTotp,
        code: &str,
        now: Timestamp,
    ) -> Result<Option<u64>, ApiError> {
        let context = CredentialContext::totp(stored.key.clone(), account, stored.version);
        let secret = self.vault.open_totp(&context, &stored.sealed)?;
        Ok(totp::matching_step(&secret, code, now))
    }

    /// A fresh secret for an authenticator of this version, and what the database keeps of it.
    pub(crate) async fn new_totp(
        &self,
        scope: &mut CredentialScope,
        account: AccountId,
        version: u32,
    ) -> Result<(TotpSecret, NewTotp), ApiError> {
        let key = self.credential_key(scope).await?;
        let secret = TotpSecret::new(self.entropy.as_ref());
        let context = CredentialContext::totp(key.clone(), account, version);
        let sealed = self.vault.seal_totp(&context, &secret)?;
        Ok((secret, NewTotp { version, sealed, key }))
    }

    /// The time step that a code of a new authenticator belongs to.
    pub(crate) fn new_totp_step(
        &self,
        account: AccountId,
        new: &NewTotp,
        code: &str,
        now: Timestamp,
    ) -> Result<Option<u64>, ApiError> {
        let context = CredentialContext::totp(new.key.clone(), account, new.version);
        let secret = self.vault.open_totp(&context, &new.sealed)?;
        Ok(totp::matching_step(&secret, code, now))
    }

    /// The data key that seals authenticators, made on first use.
    pub(crate) async fn credential_key(
        &self,
        scope: &mut CredentialScope,
    ) -> Result<WrappedDataKey, ApiError> {
        if let Some(key) = scope.credential_key().await? {
            return Ok(key);
        }
        let now = self.clock.now();
        let new = self.vault.new_data_key(None, now)?;
        Ok(scope.keep_credential_key(&new, now).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_decoy_and_there_are_not_many() {
        let decoy_of = |number: u32| decoy(EmailAddress::parse(&format!("{number}@b.example")).ok().as_ref());
        assert_eq!(decoy_of(1), decoy_of(1));
        let all: std::collections::HashSet<_> = (0..20_000).map(decoy_of).collect();
        assert!(all.len() > 900 && all.len() <= 1_024, "{}", all.len());
    }
}
