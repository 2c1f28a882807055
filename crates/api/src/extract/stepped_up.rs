//! Who is asking, with a second factor shown in the last five minutes (SE4). **A handler demands it by its signature**; the
//! page asks for a code when it hears `fresh_factor_needed`, and then repeats the request.

use axum::extract::FromRequestParts;
use curtain_auth::{AnyPrincipal, Principal};
use http::request::Parts;

use super::signed_in::FromAny;
use super::{SignedIn, SignedInAny};
use crate::{ApiError, House};

/// Somebody in the role `R`, who showed a second factor just now.
pub struct SteppedUp<R>(pub Principal<R>);

/// Somebody, whatever their role, who showed a second factor just now.
pub struct SteppedUpAny(pub AnyPrincipal);

impl FromRequestParts<House> for SteppedUpAny {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Self, ApiError> {
        let SignedInAny(principal) = SignedInAny::from_request_parts(parts, house).await?;
        if !principal.identity().has_fresh_factor(house.clock.now()) {
            return Err(ApiError::FreshFactorNeeded);
        }
        Ok(Self(principal))
    }
}

/// The role comes first: whoever may not do it is not asked for a code.
impl<R: FromAny> FromRequestParts<House> for SteppedUp<R> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Self, ApiError> {
        let SignedIn(principal) = SignedIn::<R>::from_request_parts(parts, house).await?;
        if !principal.identity().has_fresh_factor(house.clock.now()) {
            return Err(ApiError::FreshFactorNeeded);
        }
        Ok(Self(principal))
    }
}
