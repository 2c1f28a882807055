//! The one origin of this Curtain (RFC 6454), and the check that a state-changing request came from its own page (SE6).

use core::fmt;
use std::str::FromStr;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method, Uri, header};

use crate::{ApiError, House};

/// Scheme, host and port as browsers write them in `Origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicOrigin {
    text: String,
    secure: bool,
    loopback: bool,
}

/// Why an origin can't be used. The words are for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrigin {
    /// Not `scheme://host[:port]`.
    #[error("must be of the form https://visits.example.org, without a path")]
    Form,
    /// Plain http for others than this machine: cookies and cameras need https.
    #[error("must begin with https:// (plain http is for localhost only)")]
    Insecure,
}

impl PublicOrigin {
    /// As it stands in the `Origin` header.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Reached over https: cookies carry `Secure` and the `__Host-` prefix.
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// Reached from this machine only.
    pub const fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// The same origin as a `WebSocket` address, for the content security policy.
    pub fn web_socket(&self) -> String {
        self.text.replacen("http", "ws", 1)
    }

    /// Whether the request says that it comes from a page of ours. No `Origin`, or another one: no.
    pub fn sent(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        origins.next().is_some_and(|value| value.as_bytes() == self.text.as_bytes())
            && origins.next().is_none()
    }
}

impl fmt::Display for PublicOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for PublicOrigin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let text = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
        let uri: Uri = text.parse().map_err(|_| InvalidOrigin::Form)?;
        let (scheme, host) = uri.scheme_str().zip(uri.host()).ok_or(InvalidOrigin::Form)?;
        let default_port = if scheme == "https" { 443 } else { 80 };
        let port = uri.port_u16().filter(|port| *port != default_port);
        let canonical = port.map_or(format!("{scheme}://{host}"), |port| format!("{scheme}://{host}:{port}"));
        if uri.path() != "/" || uri.query().is_some() || host.is_empty() || text.contains('@') {
            return Err(InvalidOrigin::Form);
        }
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
        let loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        match (scheme, loopback) {
            ("https", _) => Ok(Self { text: canonical, secure: true, loopback }),
            ("http", true) => Ok(Self { text: canonical, secure: false, loopback }),
            ("http", false) => Err(InvalidOrigin::Insecure),
            _ => Err(InvalidOrigin::Form),
        }
    }
}

/// Lets a state-changing request pass only with our `Origin`, `Sec-Fetch-Site: same-origin` (from browsers that send
/// it) and the header that no form and no foreign page can set. Stands before every route, so none can forget it.
pub(crate) async fn same_origin_only(
    State(house): State<House>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let changes_nothing = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes_nothing || comes_from_our_page(request.headers(), &house.settings.public_origin) {
        Ok(next.run(request).await)
    } else {
        Err(ApiError::WrongOrigin)
    }
}

fn comes_from_our_page(headers: &HeaderMap, origin: &PublicOrigin) -> bool {
    let is = |name: &str, value: &str| headers.get(name).map(HeaderValue::as_bytes) == Some(value.as_bytes());
    let fetched_here = !headers.contains_key("sec-fetch-site") || is("sec-fetch-site", "same-origin");
    origin.sent(headers) && fetched_here && is("x-curtain", "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for (typed, canonical) in [
            ("https://Visits.Example.org/", "https://visits.example.org"),
            ("https://visits.example.org:443", "https://visits.example.org"),
            ("http://localhost:8443", "http://localhost:8443"),
            ("http://[::1]:80", "http://[::1]"),
        ] {
            assert_eq!(typed.parse::<PublicOrigin>().unwrap().as_str(), canonical, "{typed}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        assert_eq!("http://visits.example.org".parse::<PublicOrigin>(), Err(InvalidOrigin::Insecure));
        assert_eq!("http://192.0.2.1:80".parse::<PublicOrigin>(), Err(InvalidOrigin::Insecure));
        for wrong in
            ["", "visits.example.org", "ftp://a", "https://a/b", "https://a?b", "https://u@a", "https://"]
        {
            assert_eq!(wrong.parse::<PublicOrigin>(), Err(InvalidOrigin::Form), "{wrong}");
        }
        assert_eq!("https://a.example".parse::<PublicOrigin>().unwrap().web_socket(), "wss://a.example");
    }

    #[test]
    fn each_of_the_three_signs_is_needed() {
        let origin: PublicOrigin = "https://a.example".parse().unwrap();
        let with = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(*name, value.parse().unwrap());
            }
            comes_from_our_page(&headers, &origin)
        };
        let ours = ("origin", "https://a.example");
        assert!(with(&[ours, ("x-curtain", "1")]));
        assert!(with(&[ours, ("x-curtain", "1"), ("sec-fetch-site", "same-origin")]));
        for forged in [
            &[("x-curtain", "1")][..],
            &[ours],
            &[("origin", "null"), ("x-curtain", "1")],
            &[("origin", "https://a.example.evil"), ("x-curtain", "1")],
            &[ours, ("origin", "https://evil"), ("x-curtain", "1")],
            &[ours, ("x-curtain", "1"), ("sec-fetch-site", "same-site")],
            &[ours, ("x-curtain", "2")],
        ] {
            assert!(!with(forged), "{forged:?}");
        }
    }
}
