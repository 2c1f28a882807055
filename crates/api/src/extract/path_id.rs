//! The id in a path. **One that isn't an id is answered like one that doesn't exist** (AC2).

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;

use crate::ApiError;

/// The path's one id.
#[derive(Debug, Clone, Copy)]
pub struct PathId<T>(pub T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for PathId<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(text) =
            Path::<String>::from_request_parts(parts, state).await.map_err(|_| ApiError::NotFound)?;
        // A UUID has other spellings (braces, no hyphens); one address per thing is enough.
        if text.len() != 36 {
            return Err(ApiError::NotFound);
        }
        text.parse().map(Self).map_err(|_| ApiError::NotFound)
    }
}
