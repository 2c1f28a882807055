//! Lines for programs that keep guessers out (fail2ban, `CrowdSec`): **the only lines of the log that hold a network address**,
//! for without one there is nobody to keep out. They hold a word of a closed list beside it, and nothing that somebody
//! typed, so that nobody can write such a line for another's address. `deploy/fail2ban` and `deploy/crowdsec` read them.

use axum::extract::{FromRequestParts as _, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use curtain_domain::Timestamp;

use crate::audit::Flood;
use crate::extract::ClientAddress;
use crate::{ApiError, House};

/// Something wrong that was shown to get in. An answer that refuses it carries this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guess {
    /// Address or password did not fit.
    SignInFailed,
    /// A code did not fit.
    CodeWrong,
    /// A password did not fit, of somebody who had shown something else.
    PasswordWrong,
    /// A recovery code did not fit.
    RecoveryCodeWrong,
    /// Not even looked at: there were too many before.
    Throttled,
}

impl Guess {
    /// What an answer says about the guess it refuses; `None` when it refuses something else.
    pub(crate) const fn of(error: &ApiError) -> Option<Self> {
        match error {
            ApiError::SignInFailed => Some(Self::SignInFailed),
            ApiError::CodeWrong => Some(Self::CodeWrong),
            ApiError::PasswordWrong => Some(Self::PasswordWrong),
            ApiError::RecoveryCodeWrong => Some(Self::RecoveryCodeWrong),
            ApiError::TooManyAttempts(_) | ApiError::FactorLocked => Some(Self::Throttled),
            _ => None,
        }
    }

    /// The word in the log: an interface, which the filters in `deploy/` know.
    const fn as_str(self) -> &'static str {
        match self {
            Self::SignInFailed => "sign_in_failed",
            Self::CodeWrong => "code_wrong",
            Self::PasswordWrong => "password_wrong",
            Self::RecoveryCodeWrong => "recovery_code_wrong",
            Self::Throttled => "throttled",
        }
    }
}

/// Refusals without a look. Once a second is enough for any filter to notice who floods.
static THROTTLED: Flood = Flood::new();

/// Stands round every route.
pub(crate) async fn note_guesses(State(house): State<House>, request: Request, next: Next) -> Response {
    if !house.settings.log_client_addresses {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    // Err only where no server told the address.
    let client = ClientAddress::from_request_parts(&mut parts, &house).await.ok();
    let response = next.run(Request::from_parts(parts, body)).await;
    if let Some(ClientAddress(client)) = client
        && let Some(guess) = response.extensions().get::<Guess>()
        && is_told(*guess, house.clock.now(), &THROTTLED)
    {
        let event = guess.as_str();
        tracing::warn!(target: "curtain::security", %client, event, "a wrong guess");
    }
    response
}

fn is_told(guess: Guess, now: Timestamp, throttled: &Flood) -> bool {
    guess != Guess::Throttled || throttled.tells(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guess_is_told_and_of_a_flood_of_refusals_one_a_second() {
        let last = Flood::new();
        let told = |guess, millis| is_told(guess, Timestamp::from_unix_millis(millis), &last);
        assert!(told(Guess::SignInFailed, 5_000) && told(Guess::SignInFailed, 5_001));
        assert!(told(Guess::Throttled, 5_000) && !told(Guess::Throttled, 5_900));
        assert!(told(Guess::Throttled, 6_000) && !told(Guess::Throttled, 6_000));
    }
}
