//! What runs here: version and the hash of every file of the web client, so that anybody can compare them with a build
//! of their own.

use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Json;
use crate::{Asset, assets};

/// What runs here.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct About {
    /// Of the server.
    version: &'static str,
    /// Every file of the web client.
    assets: Vec<Asset>,
}

/// Tells version and hashes.
#[utoipa::path(get, path = "/api/v1/about", tag = "service", responses((status = 200, body = About)))]
pub(crate) async fn tell() -> Json<About> {
    Json(About { version: env!("CARGO_PKG_VERSION"), assets: assets() })
}
