//! The web client, built by Vite and carried inside the binary (read from disk in debug builds).
//!
//! Names under `assets/` hold a hash of the content and are kept for ever; everything else is asked for again each
//! time. A page address without a file is the client's own to route.

use std::borrow::Cow;
use std::fmt::Write as _;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use rust_embed::Embed;
use serde::Serialize;
use utoipa::ToSchema;

use crate::ApiError;
use crate::security_headers::MayCompileWebAssembly;

#[derive(Embed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct WebClient;

/// A file of the web client and what it must hash to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Asset {
    /// As in the address, without the leading slash.
    pub path: String,
    /// SHA-256 in lower-case hex.
    pub sha256: String,
}

/// Every file of the embedded web client, sorted by path. Empty when the client was not built.
pub fn assets() -> Vec<Asset> {
    let mut all: Vec<_> = WebClient::iter()
        .filter_map(|path| {
            let sha256 = hex(&WebClient::get(&path)?.metadata.sha256_hash());
            Some(Asset { path: path.into_owned(), sha256 })
        })
        .collect();
    all.sort_by(|one, other| one.path.cmp(&other.path));
    all
}

/// Answers whatever isn't the API's.
pub(crate) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    if method != Method::GET && method != Method::HEAD {
        return Err(ApiError::MethodNotAllowed);
    }
    let path = uri.path().trim_start_matches('/');
    // A page address of the API would look like an answer to programs.
    if path == "api" || path.starts_with("api/") {
        return Err(ApiError::NotFound);
    }
    let is_page = !path.rsplit('/').next().unwrap_or(path).contains('.');
    let name = if is_page { "index.html" } else { path };
    let file = WebClient::get(name).ok_or(ApiError::NotFound)?;
    let hash = file.metadata.sha256_hash();
    let data = match file.data {
        Cow::Borrowed(embedded) => Bytes::from_static(embedded),
        Cow::Owned(read) => Bytes::from(read),
    };
    Ok(answer(name, data, &hash, &headers))
}

fn answer(name: &str, data: Bytes, hash: &[u8; 32], request: &HeaderMap) -> Response {
    // Weak, for the same tag stands for the compressed forms too (RFC 9110 §8.8.1).
    let tag = format!("W/\"{}\"", hex(&hash[..16]));
    let unchanged =
        request.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response =
        if unchanged { StatusCode::NOT_MODIFIED.into_response() } else { Response::new(Body::from(data)) };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type(name));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keeping(name)));
    headers.extend(HeaderValue::try_from(tag).ok().map(|tag| (header::ETAG, tag)));
    if name.contains("worker") && name.rsplit('.').next() == Some("js") {
        response.extensions_mut().insert(MayCompileWebAssembly);
    }
    response
}

/// What Vite builds and nothing more: an unknown ending is never run by a browser.
fn content_type(name: &str) -> HeaderValue {
    HeaderValue::from_static(match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("txt") => "text/plain; charset=utf-8",
        Some("mp3") => "audio/mpeg",
        Some("ogg") => "audio/ogg",
        _ => "application/octet-stream",
    })
}

fn keeping(name: &str) -> &'static str {
    if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_for(name: &str, request: &HeaderMap) -> Response {
        answer(name, Bytes::from_static(b"x"), &[7; 32], request)
    }

    #[test]
    fn hashed_names_are_kept_and_the_page_is_asked_for_again() {
        let none = HeaderMap::new();
        let script = asked_for("assets/main-4f2a.js", &none);
        assert_eq!(script.headers()["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(script.headers()["content-type"], "text/javascript; charset=utf-8");
        assert_eq!(asked_for("index.html", &none).headers()["cache-control"], "no-cache");
        assert_eq!(asked_for("assets/group-1.wasm", &none).headers()["content-type"], "application/wasm");
    }

    #[test]
    fn only_the_worker_script_is_marked() {
        let marked = |name| {
            let response = asked_for(name, &HeaderMap::new());
            response.extensions().get::<MayCompileWebAssembly>().is_some()
        };
        assert!(marked("assets/worker-4f2a.js"));
        assert!(!marked("assets/main-4f2a.js") && !marked("assets/worker-4f2a.wasm"));
    }

    #[test]
    fn a_known_file_is_not_sent_twice() {
        let mut again = HeaderMap::new();
        again.insert(header::IF_NONE_MATCH, asked_for("index.html", &again).headers()[header::ETAG].clone());
        assert_eq!(asked_for("index.html", &again).status(), StatusCode::NOT_MODIFIED);
    }
}
