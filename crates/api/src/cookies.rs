//! The cookies: the session's, between password and code the sign-in's (SE2), while a device is asked the passkey's, and
//! the one by which a browser is known.
//!
//! All hold an opaque random token. The last opens nothing (AU7), and stays; the others end with the browser. On https their names carry `__Host-` (RFC 6265bis
//! §4.1.3.2); only the loopback demo, which has no TLS, uses plain names.

use axum_extra::extract::cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue, header};

use crate::PublicOrigin;

/// As long as browsers keep any cookie (RFC 6265bis §5.5); shorter and people are strangers again sooner.
const KNOWN_FOR: time::Duration = time::Duration::days(400);

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenCookie {
    /// A signed-in browser.
    Session,
    /// A sign-in that waits for its second step.
    SignIn,
    /// A browser that was asked for a passkey.
    Passkey,
    /// A browser in which somebody signed in with both factors. It only keeps strangers' failures apart from theirs.
    Device,
}

impl TokenCookie {
    const fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-session",
            (Self::Session, false) => "session",
            (Self::SignIn, true) => "__Host-sign-in",
            (Self::SignIn, false) => "sign-in",
            (Self::Passkey, true) => "__Host-passkey",
            (Self::Passkey, false) => "passkey",
            (Self::Device, true) => "__Host-device",
            (Self::Device, false) => "device",
        }
    }

    /// The token that the browser sent. Two cookies of the same name count as none: one of them isn't ours.
    pub(crate) fn read<'a>(self, headers: &'a HeaderMap, origin: &PublicOrigin) -> Option<&'a str> {
        let name = self.name(origin.is_secure());
        let mut values = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value);
        let token = values.next();
        if values.next().is_some() { None } else { token }
    }

    /// `Set-Cookie` that gives the browser a token.
    pub(crate) fn set(self, token: &str, origin: &PublicOrigin) -> HeaderValue {
        self.header(token, origin, false)
    }

    /// `Set-Cookie` that takes it away.
    pub(crate) fn clear(self, origin: &PublicOrigin) -> HeaderValue {
        self.header("", origin, true)
    }

    fn header(self, value: &str, origin: &PublicOrigin, gone: bool) -> HeaderValue {
        let mut cookie = Cookie::build((self.name(origin.is_secure()), value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Strict)
            .secure(origin.is_secure())
            .build();
        if self == Self::Device {
            cookie.set_max_age(KNOWN_FOR);
        }
        if gone {
            // Always the same words: two answers that take a cookie away can't be told apart by their second.
            cookie.set_max_age(time::Duration::ZERO);
            cookie.set_expires(time::OffsetDateTime::UNIX_EPOCH);
        }
        let mut header =
            HeaderValue::try_from(cookie.to_string()).unwrap_or_else(|_| HeaderValue::from_static(""));
        header.set_sensitive(true);
        header
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> PublicOrigin {
        text.parse().unwrap()
    }

    #[test]
    fn on_https_the_cookie_is_bound_to_this_host() {
        let header = TokenCookie::Session.set("abc", &origin("https://a.example"));
        assert_eq!(header, "__Host-session=abc; HttpOnly; SameSite=Strict; Secure; Path=/");
    }

    #[test]
    fn the_loopback_demo_has_plain_names() {
        let header = TokenCookie::SignIn.set("abc", &origin("http://localhost:1"));
        assert_eq!(header, "sign-in=abc; HttpOnly; SameSite=Strict; Path=/");
        let gone = TokenCookie::SignIn.clear(&origin("http://localhost:1"));
        assert!(gone.to_str().unwrap().contains("Max-Age=0"));
    }

    #[test]
    fn a_doubled_cookie_counts_as_none() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=1; session=t1; b=2"));
        let local = origin("http://localhost:1");
        assert_eq!(TokenCookie::Session.read(&headers, &local), Some("t1"));
        assert_eq!(TokenCookie::Session.read(&headers, &origin("https://a.example")), None);
        headers.append(header::COOKIE, HeaderValue::from_static("session=t2"));
        assert_eq!(TokenCookie::Session.read(&headers, &local), None);
    }
}
