//! For whoever keeps the server running: does the process answer, and can it do its work.
//! Answered at `/livez` and `/readyz` too, where such programs look first.

use axum::extract::State;
use http::StatusCode;

use crate::{ApiError, House};

/// The process answers.
#[utoipa::path(get, path = "/api/v1/livez", tag = "service", responses((status = 200)))]
pub(crate) async fn live() -> StatusCode {
    StatusCode::OK
}

/// The database answers too.
#[utoipa::path(get, path = "/api/v1/readyz", tag = "service", responses((status = 200), (status = 503, body = crate::Problem)))]
pub(crate) async fn ready(State(house): State<House>) -> Result<StatusCode, ApiError> {
    house.store.ping().await.map_err(|error| ApiError::Unavailable(Box::new(error)))?;
    Ok(StatusCode::OK)
}
