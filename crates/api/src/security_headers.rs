//! The headers that every answer carries, errors and assets included (BR1, BR2, CR5).

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{House, PublicOrigin};

/// Everything off but what a visit needs: camera, microphone, screen sharing, full screen, a screen that stays awake.
const PERMISSIONS: &str = "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), \
    screen-wake-lock=(self), speaker-selection=(self), accelerometer=(), autoplay=(self), \
    browsing-topics=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), \
    midi=(), payment=(), picture-in-picture=(self), publickey-credentials-create=(self), \
    publickey-credentials-get=(self), serial=(), usb=(), xr-spatial-tracking=()";

/// The same for every answer.
const FIXED: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
];

/// Lets the worker's script, and nothing else, compile WebAssembly. A mark that `static_files` puts on its answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MayCompileWebAssembly;

/// Puts the headers on every answer.
pub(crate) async fn add_security_headers(
    State(house): State<House>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let may_compile = response.extensions().get::<MayCompileWebAssembly>().is_some();
    add(response.headers_mut(), &house.settings.public_origin, may_compile);
    response
}

fn add(headers: &mut HeaderMap, origin: &PublicOrigin, may_compile: bool) {
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::try_from(content_security_policy(origin, may_compile)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if origin.is_secure() {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    // Whoever has something that may be kept says so; all else is nobody's to keep.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// No third party, no inline script, no string that becomes code but through the two named policies.
fn content_security_policy(origin: &PublicOrigin, may_compile: bool) -> String {
    let scripts = if may_compile { "'self' 'wasm-unsafe-eval'" } else { "'self'" };
    let sockets = origin.web_socket();
    format!(
        "default-src 'none'; script-src {scripts}; style-src 'self'; connect-src 'self' {sockets}; \
         worker-src 'self'; img-src 'self' blob:; media-src 'self' blob: mediastream:; font-src 'self'; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'; \
         trusted-types svelte-trusted-html curtain-worker"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(origin: &str, may_compile: bool) -> HeaderMap {
        let mut headers = HeaderMap::new();
        add(&mut headers, &origin.parse().unwrap(), may_compile);
        headers
    }

    #[test]
    fn only_the_worker_may_compile_web_assembly() {
        let policy =
            |may| headers("https://a.example", may)["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy(true).contains("script-src 'self' 'wasm-unsafe-eval';"));
        assert!(!policy(false).contains("eval"));
        assert!(!policy(true).contains("unsafe-inline"));
        assert!(policy(false).contains("connect-src 'self' wss://a.example;"));
    }

    #[test]
    fn browsers_remember_https_but_not_for_localhost() {
        assert!(headers("https://a.example", false).contains_key("strict-transport-security"));
        assert!(!headers("http://localhost:1", false).contains_key("strict-transport-security"));
    }

    #[test]
    fn nothing_is_kept_unless_its_maker_says_so() {
        assert_eq!(headers("https://a.example", false)["cache-control"], "no-store");
        let mut kept = HeaderMap::new();
        kept.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=1"));
        add(&mut kept, &"https://a.example".parse().unwrap(), false);
        assert_eq!(kept["cache-control"], "max-age=1");
    }
}
