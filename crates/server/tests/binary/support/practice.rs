//! What stands before many of these tests: a practice, a command that must be refused, a code of an authenticator.

use curtain_auth::TotpSecret;
use curtain_domain::{Clock as _, SystemClock};
use curtain_storage::testing::TestDatabase;
use data_encoding::BASE32_NOPAD;
use serde_json::Value;

use super::{ORIGIN, refusal, run, success};

/// `create-admin` for an address, with what else it is told.
pub(crate) fn create_admin<'a>(database_url: &'a str, email: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let person = ["create-admin", "--name", "Iris Novak", "--email", email, "--database-url", database_url];
    [&person, more].concat()
}

/// Gives the database a practice of its own, and the administrator's link.
#[track_caller]
pub(crate) fn found_practice(database: &TestDatabase, origin: &str) -> String {
    let (url, more) = (database.owner_url(), ["--practice", "Mill Lane", "--public-origin", origin]);
    success(&create_admin(&url, "iris@example.test", &more))
}

/// What `serve` says when it does not start. Its settings are good but for what is tried.
#[track_caller]
pub(crate) fn serve_refused(database: &TestDatabase, tried: &[&str]) -> String {
    let url = database.owner_url();
    let good = ["serve", "--database-url", &url, "--public-origin", ORIGIN, "--listen", "127.0.0.1:0"];
    refusal(&[&good, tried].concat())
}

/// All that a command said, in failing.
#[track_caller]
pub(crate) fn told_in_failing(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(!output.status.success(), "{arguments:?} should have failed");
    String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8")
}

/// The code of a step near the present one. The server takes the next step too, and each only once.
pub(crate) fn code(base32: &str, steps_ahead: u64) -> String {
    let bytes = BASE32_NOPAD.decode(base32.as_bytes()).expect("base32");
    let at = SystemClock.now() + std::time::Duration::from_secs(30 * steps_ahead);
    TotpSecret::from_bytes(&bytes).expect("twenty bytes").code_at(at)
}

/// The demo's accounts; the first is Dr Lee.
pub(crate) fn demo_accounts() -> Value {
    serde_json::from_str(&success(&["demo-accounts", "--json"])).expect("JSON")
}
