//! `If-Match` (RFC 9110 §13.1.1) as a note's version: who saves must say what they replace (RFC 6585 §3).

use axum::extract::FromRequestParts;
use curtain_domain::NoteVersion;
use http::header;
use http::request::Parts;

use crate::ApiError;

/// The version that the client believes to be the newest.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(pub NoteVersion);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let value = parts.headers.get(header::IF_MATCH).ok_or(ApiError::IfMatchRequired)?;
        let version = value.to_str().ok().and_then(parse);
        version
            .map(Self)
            .ok_or_else(|| ApiError::Malformed("If-Match must be one version in quotes.".to_owned()))
    }
}

/// `"7"`. A list, a weak tag or `*` says nothing about what is replaced.
fn parse(text: &str) -> Option<NoteVersion> {
    let digits = text.trim().strip_prefix('"')?.strip_suffix('"')?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().map(NoteVersion)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_strong_version_counts() {
        assert_eq!(parse("\"7\""), Some(NoteVersion(7)));
        for wrong in ["7", "*", "W/\"7\"", "\"7\", \"8\"", "\"\"", "\"-1\"", "\"+1\"", "\"4294967296\""] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
