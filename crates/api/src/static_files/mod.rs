//! The web client, built by Vite and carried inside the binary (read from disk in debug builds).
//!
//! Names under `assets/` hold a hash of the content and are kept for ever; everything else is asked for again each
//! time. A page address without a file is the client's own to route. Nothing is compressed here: the build of the client
//! leaves the compressed forms beside their files, once and as small as they get.

mod negotiation;

use std::borrow::Cow;
use std::fmt::Write as _;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use rust_embed::Embed;
use serde::Serialize;
use utoipa::ToSchema;

use self::negotiation::{Coding, has_already};
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

/// Every file of the embedded web client, sorted by path, without its compressed forms: those say the same. Empty when
/// the client was not built.
pub fn assets() -> Vec<Asset> {
    let mut all: Vec<_> = WebClient::iter()
        .filter(|path| !Coding::is_ending_of(path))
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
    let stored = |name: &str| {
        let file = WebClient::get(name)?;
        Some(Form { sha256: file.metadata.sha256_hash(), data: file.data })
    };
    answer(name, &headers, stored).ok_or(ApiError::NotFound)
}

/// A file as it is, or compressed.
struct Form {
    data: Cow<'static, [u8]>,
    /// Of the data.
    sha256: [u8; 32],
}

/// The file in the best form that the request takes, if there is such a file.
fn answer(name: &str, request: &HeaderMap, stored: impl Fn(&str) -> Option<Form>) -> Option<Response> {
    if Coding::is_ending_of(name) {
        return None;
    }
    let compressed = Coding::taken_by(request)
        .find_map(|coding| Some((stored(&format!("{name}{}", coding.ending()))?, Some(coding))));
    let (form, coding) = match compressed {
        Some(found) => found,
        None => (stored(name)?, None),
    };
    // Strong, for each form has its own: the hash is that of the very bytes that are sent (RFC 9110 §8.8.3.3).
    let tag = HeaderValue::try_from(format!("\"{}\"", hex(&form.sha256[..16]))).ok()?;
    let mut response = if has_already(request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Response::new(Body::from(form.data));
        response.headers_mut().insert(header::CONTENT_TYPE, content_type(name));
        response
            .headers_mut()
            .extend(coding.map(|coding| (header::CONTENT_ENCODING, HeaderValue::from_static(coding.name()))));
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keeping(name)));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::ETAG, tag);
    if name.contains("worker") && name.rsplit('.').next() == Some("js") {
        response.extensions_mut().insert(MayCompileWebAssembly);
    }
    Some(response)
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
    use http_body_util::BodyExt as _;

    use super::*;

    /// A client of one page, one script in all forms, and a picture that does not compress.
    fn stored(name: &str) -> Option<Form> {
        let (data, number): (&'static [u8], u8) = match name {
            "index.html" => (b"page", 1),
            "assets/main-4f2a.js" => (b"script", 2),
            "assets/main-4f2a.js.br" => (b"br", 3),
            "assets/main-4f2a.js.gz" => (b"gz", 4),
            "assets/face-1.webp" => (b"picture", 5),
            "assets/worker-4f2a.js" | "assets/worker-4f2a.wasm" => (b"worker", 6),
            _ => return None,
        };
        Some(Form { data: data.into(), sha256: [number; 32] })
    }

    fn asked_for(name: &str, request: &[(http::HeaderName, &HeaderValue)]) -> Response {
        let request = request.iter().map(|(name, value)| (name.clone(), (*value).clone())).collect();
        answer(name, &request, stored).expect("there is such a file")
    }

    fn taking(codings: &'static str, name: &str) -> Response {
        asked_for(name, &[(header::ACCEPT_ENCODING, &HeaderValue::from_static(codings))])
    }

    async fn body(response: Response) -> Vec<u8> {
        response.into_body().collect().await.unwrap().to_bytes().to_vec()
    }

    #[test]
    fn hashed_names_are_kept_and_the_page_is_asked_for_again() {
        let script = asked_for("assets/main-4f2a.js", &[]);
        assert_eq!(script.headers()["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(script.headers()["content-type"], "text/javascript; charset=utf-8");
        assert_eq!(asked_for("index.html", &[]).headers()["cache-control"], "no-cache");
        let group = asked_for("assets/worker-4f2a.wasm", &[]);
        assert_eq!(group.headers()["content-type"], "application/wasm");
    }

    #[test]
    fn only_the_worker_script_is_marked() {
        let marked = |name| asked_for(name, &[]).extensions().get::<MayCompileWebAssembly>().is_some();
        assert!(marked("assets/worker-4f2a.js"));
        assert!(!marked("assets/main-4f2a.js") && !marked("assets/worker-4f2a.wasm"));
    }

    #[tokio::test]
    async fn a_file_comes_in_the_form_that_is_taken() {
        let script = "assets/main-4f2a.js";
        for (codings, coding, bytes) in
            [("gzip, br", Some("br"), &b"br"[..]), ("gzip", Some("gzip"), b"gz"), ("zstd", None, b"script")]
        {
            let response = taking(codings, script);
            let told = response.headers().get("content-encoding").map(|value| value.to_str().unwrap());
            assert_eq!(told, coding, "{codings}");
            assert_eq!(response.headers()["vary"], "accept-encoding");
            assert_eq!(response.headers()["content-type"], "text/javascript; charset=utf-8");
            assert_eq!(body(response).await, bytes, "{codings}");
        }
        let picture = taking("br", "assets/face-1.webp");
        assert!(!picture.headers().contains_key("content-encoding"), "it has no other form");
        assert_eq!(body(picture).await, b"picture");
    }

    #[test]
    fn a_form_has_no_address_of_its_own() {
        for name in ["assets/main-4f2a.js.br", "assets/main-4f2a.js.gz", "assets/nothing.js"] {
            assert!(answer(name, &HeaderMap::new(), stored).is_none(), "{name}");
        }
    }

    #[tokio::test]
    async fn a_known_form_is_not_sent_twice() {
        let script = "assets/main-4f2a.js";
        let (brotli, plain) = (HeaderValue::from_static("br"), HeaderValue::from_static("identity"));
        let tag = taking("br", script).headers()[header::ETAG].clone();
        assert!(tag.to_str().unwrap().starts_with('"'), "a strong tag");

        let again = asked_for(script, &[(header::ACCEPT_ENCODING, &brotli), (header::IF_NONE_MATCH, &tag)]);
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        for name in ["etag", "vary", "cache-control"] {
            assert!(again.headers().contains_key(name), "{name}: RFC 9110 §15.4.5");
        }
        assert_eq!(body(again).await, b"");

        let another_form =
            asked_for(script, &[(header::ACCEPT_ENCODING, &plain), (header::IF_NONE_MATCH, &tag)]);
        assert_eq!(another_form.status(), StatusCode::OK, "other bytes, another tag");
    }
}
