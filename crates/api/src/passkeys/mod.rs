//! Passkeys over HTTP: what all their routes share. A question goes out with a cookie of its own and waits in Postgres; its
//! answer is taken once, in the same browser, for what was asked.

mod forms;
mod registration;

use curtain_auth::CeremonyToken;
use curtain_auth::passkey::{Assertion, AssertionState, PasskeyRefusal, RelyingParty};
use curtain_domain::{AccountId, SessionId};
use curtain_storage::{CeremonyKind, CredentialScope, NamedPasskey, NewCeremony};
use http::{HeaderMap, HeaderValue};
use uuid::Uuid;

pub(crate) use forms::{MadePasskey, PasskeyCreation, PasskeyRequest, ShownPasskey};
pub(crate) use registration::{ask_for_new, keep_new};

use crate::cookies::TokenCookie;
use crate::{ApiError, House};

/// Whose passkey was right; else whose it wasn't, if anybody's.
pub(crate) type Judged = Result<NamedPasskey, Option<AccountId>>;

impl House {
    /// Whether this practice can have passkeys at all: its address must have a name.
    pub(crate) fn has_passkeys(&self) -> bool {
        self.relying_party("").is_ok()
    }

    /// The practice as passkeys know it. `name` is what devices show; a sign-in shows none.
    pub(crate) fn relying_party(&self, name: &str) -> Result<RelyingParty, ApiError> {
        RelyingParty::at(self.settings.public_origin.as_str(), name).ok_or(ApiError::Conflict(
            "passkeys_unavailable",
            "This practice's address is a number. Passkeys need one with a name.",
        ))
    }

    /// Keeps what the answer will be checked by. Gives the cookie that makes this browser the one that was asked.
    pub(crate) async fn begin_ceremony(
        &self,
        kind: CeremonyKind,
        begun_by: Option<Uuid>,
        state: &str,
    ) -> Result<HeaderValue, ApiError> {
        let (now, token) = (self.clock.now(), CeremonyToken::new(self.entropy.as_ref()));
        // A row of its own kind, whose id nobody needs: any time-ordered one will do.
        let id = SessionId::new(now, self.entropy.as_ref()).as_uuid();
        let mut scope = self.store.credentials().begin().await?;
        scope.begin_ceremony(&NewCeremony { id, kind, token: token.hash(), begun_by, state }, now).await?;
        scope.commit().await?;
        Ok(TokenCookie::Passkey.set(&token.to_text(), &self.settings.public_origin))
    }

    /// What the answer is checked by. It is used up, whatever becomes of the answer.
    pub(crate) async fn take_ceremony(
        &self,
        headers: &HeaderMap,
        kind: CeremonyKind,
        begun_by: Option<Uuid>,
    ) -> Result<String, ApiError> {
        let cookie = TokenCookie::Passkey.read(headers, &self.settings.public_origin);
        let token = cookie.and_then(CeremonyToken::parse).ok_or(ApiError::StartAgain)?;
        let mut scope = self.store.credentials().begin().await?;
        let state = scope.take_ceremony(kind, token.hash(), begun_by, self.clock.now()).await?;
        scope.commit().await?;
        state.ok_or(ApiError::StartAgain)
    }
}

/// Judges a passkey that was shown, and notes that it was used if it was right and its owner may sign in. The unit of work
/// holds it until it ends, so that two answers with the same counter take turns.
pub(crate) async fn judge(
    house: &House,
    scope: &mut CredentialScope,
    state: String,
    shown: &Assertion,
) -> Result<Judged, ApiError> {
    let Some(mut named) = scope.passkey(&shown.credential_id).await? else { return Ok(Err(None)) };
    let account = named.account;
    // What the device remembers may be missing once the browser was told which passkey to show (W3C §7.2 step 6).
    let foreign = shown.user_handle.as_deref().is_some_and(|handle| handle != account.as_bytes());
    if foreign || !named.active {
        return Ok(Err(Some(account)));
    }
    match house.relying_party("")?.judge(&AssertionState::from_stored(state), &named.passkey, shown) {
        Ok(renewed) => named.passkey = renewed,
        Err(refusal) => {
            if refusal == PasskeyRefusal::Copied {
                tracing::warn!(%account, "a passkey's counter did not grow: it may have been copied");
            }
            return Ok(Err(Some(account)));
        }
    }
    let counts = scope.passkey_was_used(named.id, &named.passkey, house.clock.now()).await?;
    Ok(if counts { Ok(named) } else { Err(Some(account)) })
}
