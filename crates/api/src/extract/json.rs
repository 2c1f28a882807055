//! A JSON body, or a refusal that names the field and **never repeats a value** (AC3, OP2).
//!
//! The size limit is the router's (`DefaultBodyLimit`); unknown and duplicate fields are refused by the request types.

use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ApiError;

/// A JSON body in, a JSON body out.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::WrongContentType);
        }
        let body = Bytes::from_request(request, state).await.map_err(|refused| match refused.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge,
            StatusCode::REQUEST_TIMEOUT => ApiError::TimedOut,
            _ => ApiError::Malformed("The body could not be read.".to_owned()),
        })?;
        parse(&body).map(Self)
    }
}

/// `application/json`, with or without parameters.
fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|mime| mime.trim().eq_ignore_ascii_case("application/json"))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    // serde would take a list as the fields of a struct in their order: a second spelling that nobody needs.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(ApiError::Malformed("The body isn't a JSON object.".to_owned()));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| ApiError::Malformed(explain(&error.path().to_string(), error.inner())))?;
    reader.end().map_err(|_| ApiError::Malformed("The body is more than one JSON value.".to_owned()))?;
    Ok(value)
}

/// A sentence about what is wrong and where. serde's own messages repeat values, so only those that hold names of
/// fields are passed on.
fn explain(path: &str, error: &serde_json::Error) -> String {
    if !error.is_data() {
        return format!("The body isn't JSON (line {}, column {}).", error.line(), error.column());
    }
    let message = error.to_string();
    let named = ["missing field", "duplicate field"].into_iter().find(|start| message.starts_with(start));
    if let (Some(start), Some(field)) = (named, message.split('`').nth(1)) {
        return format!("The body has a {start}: {field}.");
    }
    if message.starts_with("unknown field") {
        let known: Vec<_> = message.split('`').skip(1).step_by(2).skip(1).collect();
        return format!("The body has a field that isn't known here. Known are: {}.", known.join(", "));
    }
    match path {
        "." => "The body isn't of the form expected here.".to_owned(),
        field => format!("The field {field} isn't of the form expected here."),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        #[expect(dead_code, reason = "only parsed")]
        name: String,
        #[expect(dead_code, reason = "only parsed")]
        count: Option<u32>,
    }

    fn refusal(body: &str) -> String {
        match parse::<Form>(body.as_bytes()) {
            Err(ApiError::Malformed(text)) => text,
            other => panic!("{other:?} is no refusal"),
        }
    }

    #[test]
    fn a_refusal_names_the_field_and_no_value() {
        assert_eq!(refusal(r#"{"name":7}"#), "The field name isn't of the form expected here.");
        assert_eq!(
            refusal(r#"{"name":"a","count":"SECRET"}"#),
            "The field count isn't of the form expected here."
        );
        assert_eq!(refusal(r#"{"count":1}"#), "The body has a missing field: name.");
        assert_eq!(refusal(r#"{"name":"a","name":"b"}"#), "The body has a duplicate field: name.");
        assert_eq!(refusal(r#"["a",1]"#), "The body isn't a JSON object.");
    }

    #[test]
    fn an_unknown_field_is_refused_without_repeating_it() {
        let text = refusal(r#"{"name":"a","SECRET`x":1}"#);
        assert!(!text.contains("SECRET"), "{text}");
        assert!(refusal(r#"{"name":"a","role":"admin"}"#).ends_with("Known are: name, count."));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        assert_eq!(refusal("{"), "The body isn't JSON (line 1, column 1).");
        assert_eq!(refusal(r#"{"name":"a"} {}"#), "The body is more than one JSON value.");
        for nothing in ["", "null", "7", "\"name\""] {
            assert_eq!(refusal(nothing), "The body isn't a JSON object.");
        }
        let deep = r#"{"name":"#.repeat(100_000);
        assert!(refusal(&deep).contains("name"), "deep nesting");
    }
}
