//! The one error that leaves this crate: a stable code for programs and a plain sentence for people.
//!
//! `application/problem+json` (RFC 9457). **Details of a failure go to the log, never to the client**, and nothing a
//! client sent is repeated.

use axum::response::{IntoResponse, Response};
use curtain_auth::{AuthError, TooManyAttempts};
use curtain_domain::NoteVersion;
use curtain_storage::StorageError;
use curtain_vault::VaultError;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::alerts::guard_log::Guess;
use crate::audit::denials::Refused;

/// Why a request was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No such thing, or not yours: nobody can tell which (AC2).
    #[error("not found")]
    NotFound,
    /// No live session came with the request.
    #[error("signed out")]
    SignedOut,
    /// The session's role may not do this.
    #[error("not allowed")]
    NotAllowed,
    /// Address or password did not fit; says the same for every reason (AU6).
    #[error("sign-in failed")]
    SignInFailed,
    /// The sign-in is over: expired, used up, or never begun.
    #[error("sign-in over")]
    SignInAgain,
    /// The six digits were not right or were used before.
    #[error("wrong code")]
    CodeWrong,
    /// The current password typed to change it was not right.
    #[error("wrong password")]
    PasswordWrong,
    /// No such recovery code, or it was used or replaced before.
    #[error("wrong recovery code")]
    RecoveryCodeWrong,
    /// A passkey that doesn't count; says the same for every reason.
    #[error("passkey refused")]
    PasskeyRefused,
    /// Password and code were right, but the practice wants this person's passkey.
    #[error("passkey needed")]
    PasskeyNeeded,
    /// This needs a second factor shown in the last minutes (SE4).
    #[error("fresh factor needed")]
    FreshFactorNeeded,
    /// The factor failed a hundred times in a row: it must be set anew (AU7).
    #[error("factor locked")]
    FactorLocked,
    /// What this would finish was not begun here, or too long ago.
    #[error("start again")]
    StartAgain,
    /// Too many failures; the seconds tell when to come back.
    #[error("too many attempts")]
    TooManyAttempts(u64),
    /// No hashing permit came free in time; the seconds tell when to come back.
    #[error("busy")]
    Busy(u64),
    /// Activation link unknown, used or expired: nobody can tell which.
    #[error("activation link invalid")]
    LinkInvalid,
    /// The password chosen is refused; the text says why in plain words.
    #[error("password refused")]
    PasswordRefused(String),
    /// A rule of the practice stands against it: a stable code, and the sentence that says which.
    #[error("conflict: {0}")]
    Conflict(&'static str, &'static str),
    /// A note was saved without saying which version it replaces (RFC 6585 §3).
    #[error("If-Match missing")]
    IfMatchRequired,
    /// Somebody saved the note in between; this is the version that stands now.
    #[error("note changed")]
    NoteChanged(NoteVersion),
    /// The request did not come from our own page (SE6, RT2).
    #[error("wrong origin")]
    WrongOrigin,
    /// The body or the path is not what the route reads; the text names the field, never a value.
    #[error("malformed: {0}")]
    Malformed(String),
    /// Well-formed, but a field's value breaks a rule; the text names field and rule.
    #[error("refused: {0}")]
    Unprocessable(String),
    /// More bytes than the route takes.
    #[error("too large")]
    TooLarge,
    /// The body is not `application/json`.
    #[error("not JSON")]
    WrongContentType,
    /// The path exists, the method does not.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// The request took longer than the server waits.
    #[error("too slow")]
    TimedOut,
    /// The database or another part can't be reached now.
    #[error("unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A fault of ours. The source is logged.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Unavailable => Self::Unavailable(Box::new(error)),
            error => Self::internal(error),
        }
    }
}

/// A value that does not open is a fault, never a blank (CR1).
impl From<VaultError> for ApiError {
    fn from(error: VaultError) -> Self {
        Self::internal(error)
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        Self::internal(error)
    }
}

impl From<TooManyAttempts> for ApiError {
    fn from(refusal: TooManyAttempts) -> Self {
        Self::TooManyAttempts(refusal.retry_after.as_secs().max(1))
    }
}

/// What the client gets (RFC 9457 §3.1).
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the code says what kind it is.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The status in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// Stable; programs decide by it.
    pub code: &'static str,
    /// A sentence for people.
    pub detail: String,
    /// The note's version that stands now; only with `note_changed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
}

impl ApiError {
    /// A fault of ours, whatever it was.
    pub fn internal(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Internal(Box::new(source))
    }

    /// Status and stable code.
    pub const fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Self::SignedOut => (StatusCode::UNAUTHORIZED, "signed_out"),
            Self::NotAllowed => (StatusCode::FORBIDDEN, "not_allowed"),
            Self::SignInFailed => (StatusCode::UNAUTHORIZED, "sign_in_failed"),
            Self::SignInAgain => (StatusCode::UNAUTHORIZED, "sign_in_again"),
            Self::CodeWrong => (StatusCode::UNAUTHORIZED, "code_wrong"),
            Self::PasswordWrong => (StatusCode::UNAUTHORIZED, "password_wrong"),
            Self::RecoveryCodeWrong => (StatusCode::UNAUTHORIZED, "recovery_code_wrong"),
            Self::PasskeyRefused => (StatusCode::UNAUTHORIZED, "passkey_refused"),
            Self::PasskeyNeeded => (StatusCode::FORBIDDEN, "passkey_needed"),
            Self::FreshFactorNeeded => (StatusCode::FORBIDDEN, "fresh_factor_needed"),
            Self::FactorLocked => (StatusCode::FORBIDDEN, "factor_locked"),
            Self::StartAgain => (StatusCode::CONFLICT, "start_again"),
            Self::TooManyAttempts(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts"),
            Self::Busy(_) => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::LinkInvalid => (StatusCode::NOT_FOUND, "link_invalid"),
            Self::PasswordRefused(_) => (StatusCode::UNPROCESSABLE_ENTITY, "password_refused"),
            Self::Conflict(code, _) => (StatusCode::CONFLICT, *code),
            Self::IfMatchRequired => (StatusCode::PRECONDITION_REQUIRED, "if_match_required"),
            Self::NoteChanged(_) => (StatusCode::PRECONDITION_FAILED, "note_changed"),
            Self::WrongOrigin => (StatusCode::FORBIDDEN, "wrong_origin"),
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed"),
            Self::Unprocessable(_) => (StatusCode::UNPROCESSABLE_ENTITY, "unprocessable"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::WrongContentType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong_content_type"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::TimedOut => (StatusCode::REQUEST_TIMEOUT, "timed_out"),
            Self::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }

    /// The sentence for people.
    fn detail(&self) -> String {
        let text = match self {
            Self::NotFound => "There is nothing here, or it isn't yours.",
            Self::SignedOut => "You are signed out.",
            Self::NotAllowed => "Your role may not do this.",
            Self::SignInFailed => "The e-mail address or the password isn't right.",
            Self::SignInAgain => "This sign-in is over. Start again with your password.",
            Self::CodeWrong => "That code isn't right, or it was used already.",
            Self::PasswordWrong => "Your current password isn't right.",
            Self::RecoveryCodeWrong => "That recovery code isn't right, or it was used already.",
            Self::PasskeyRefused => "That passkey didn't work here. Try again, or use another way.",
            Self::PasskeyNeeded => "Your practice asks for a passkey. Sign in with yours.",
            Self::FreshFactorNeeded => "This needs a new code from your authenticator.",
            Self::FactorLocked => "There were too many wrong tries. Use another way, or ask your practice.",
            Self::StartAgain => "This took too long, or was begun again elsewhere. Start again.",
            Self::TooManyAttempts(_) => "There were too many attempts. Wait a little, then try again.",
            Self::Busy(_) => "The server is busy. Try again in a few seconds.",
            Self::LinkInvalid => "This link doesn't work any more. Ask your practice for a new one.",
            Self::Conflict(_, text) => *text,
            Self::IfMatchRequired => "Say in If-Match which version of the note this replaces.",
            Self::NoteChanged(_) => "The note was changed in the meantime.",
            Self::WrongOrigin => "This request did not come from the practice's own page.",
            Self::TooLarge => "The request is too large.",
            Self::WrongContentType => "The body must be application/json.",
            Self::MethodNotAllowed => "This address doesn't take that method.",
            Self::TimedOut => "The request took too long.",
            Self::Unavailable(_) => "The service can't answer right now. Try again in a few seconds.",
            Self::Internal(_) => "Something went wrong on the server. It was recorded.",
            Self::PasswordRefused(text) | Self::Malformed(text) | Self::Unprocessable(text) => text,
        };
        text.to_owned()
    }

    /// The seconds of `Retry-After`, where waiting helps.
    const fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooManyAttempts(seconds) | Self::Busy(seconds) => Some(*seconds),
            // A database that restarts is back within seconds (T21).
            Self::Unavailable(_) => Some(5),
            _ => None,
        }
    }

    /// Errors are logged once, here, where they are answered.
    fn log(&self) {
        match self {
            Self::Internal(source) => {
                tracing::error!(error = chain(source.as_ref()), "a request failed by a fault of ours");
            }
            Self::Unavailable(source) => {
                tracing::warn!(error = chain(source.as_ref()), "a request failed, a part can't be reached");
            }
            other => tracing::debug!(code = other.status_and_code().1, "a request was refused"),
        }
    }
}

/// An error and its causes in one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.log();
        let (status, code) = self.status_and_code();
        let version = if let Self::NoteChanged(version) = self { Some(version.0) } else { None };
        let title = status.canonical_reason().unwrap_or("Error");
        let problem = Problem {
            kind: "about:blank",
            title,
            status: status.as_u16(),
            code,
            detail: self.detail(),
            version,
        };
        let mut response = (status, axum::Json(problem)).into_response();
        if let Some(guess) = Guess::of(&self) {
            response.extensions_mut().insert(guess);
        }
        if matches!(self, Self::NotFound | Self::NotAllowed) {
            response.extensions_mut().insert(Refused);
        }
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
