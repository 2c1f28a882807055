//! Who is asking: the session cookie becomes a principal, or the request ends here. A handler that needs a role says so
//! in its signature and needs no `if`.

use axum::extract::FromRequestParts;
use curtain_auth::{
    Administrator, AnyPrincipal, Auditor, Clinician, Patient, Principal, PrincipalRole, SessionToken,
};
use http::request::Parts;

use crate::audit::denials::AskedBy;
use crate::cookies::TokenCookie;
use crate::{ApiError, House};

/// Somebody in the role `R`.
pub struct SignedIn<R>(pub Principal<R>);

/// Somebody, whatever their role.
pub struct SignedInAny(pub AnyPrincipal);

impl FromRequestParts<House> for SignedInAny {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Self, ApiError> {
        let cookie = TokenCookie::Session.read(&parts.headers, &house.settings.public_origin);
        let token = cookie.and_then(SessionToken::parse).ok_or(ApiError::SignedOut)?;
        let now = house.clock.now();
        let mut scope = house.store.credentials().begin().await?;
        let stored = scope.session(token.hash()).await?.ok_or(ApiError::SignedOut)?;
        let principal = stored.admit(&token, now).map_err(|end| {
            tracing::debug!(%end, "a session no longer counts");
            ApiError::SignedOut
        })?;
        if let Some(asked) = parts.extensions.get::<AskedBy>() {
            asked.is(principal.identity());
        }
        if !is_background(parts) {
            scope.touch_session(principal.identity().session(), now).await?;
            scope.commit().await?;
        }
        Ok(Self(principal))
    }
}

/// A page that looks for news by itself says so: a screen that nobody sits at must still go idle (SE3).
fn is_background(parts: &Parts) -> bool {
    parts.headers.contains_key("x-curtain-background")
}

/// A role that can be taken out of [`AnyPrincipal`].
pub trait FromAny: PrincipalRole + Sized {
    /// The principal, if it has this role.
    fn from_any(principal: AnyPrincipal) -> Option<Principal<Self>>;
}

macro_rules! from_any {
    ($($role:ident by $take:ident),*) => {
        $(impl FromAny for $role {
            fn from_any(principal: AnyPrincipal) -> Option<Principal<Self>> {
                principal.$take()
            }
        })*
    };
}

from_any!(
    Patient by into_patient,
    Clinician by into_clinician,
    Administrator by into_administrator,
    Auditor by into_auditor
);

impl<R: FromAny> FromRequestParts<House> for SignedIn<R> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Self, ApiError> {
        let SignedInAny(principal) = SignedInAny::from_request_parts(parts, house).await?;
        R::from_any(principal).map(Self).ok_or(ApiError::NotAllowed)
    }
}
