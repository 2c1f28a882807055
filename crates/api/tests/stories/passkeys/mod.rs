//! Passkeys: a device in software that answers as a phone does, and lies where a story wants it to.

mod account;
mod refused;
mod required;
mod sign_in;
mod step_up;

use curtain_auth::passkey::{Assertion, SoftwareAuthenticator};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::support::{Answer, Browser, ORIGIN, Person, TestHouse};

pub(super) const ASK: &str = "/api/v1/sign-in/passkey/options";
pub(super) const SIGN_IN: &str = "/api/v1/sign-in/passkey";
pub(super) const ASK_FOR_NEW: &str = "/api/v1/account/passkeys/options";
pub(super) const ADD: &str = "/api/v1/account/passkeys";
pub(super) const ASK_AGAIN: &str = "/api/v1/session/fresh-factor/passkey/options";
pub(super) const STEP_UP: &str = "/api/v1/session/fresh-factor/passkey";
pub(super) const FACTORS: &str = "/api/v1/account/factors";
pub(super) const ME: &str = "/api/v1/me";
/// Something that wants a fresh factor.
pub(super) const CODES: &str = "/api/v1/account/recovery-codes";

/// A device of this practice's people.
pub(super) fn device() -> SoftwareAuthenticator {
    SoftwareAuthenticator::new(ORIGIN, "visits.test")
}

fn text(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

pub(super) fn bytes(options: &Value, field: &str) -> Vec<u8> {
    BASE64URL_NOPAD.decode(options[field].as_str().expect("text").as_bytes()).expect("base64url")
}

/// What a page sends of a passkey that was made.
pub(super) fn made(device: &mut SoftwareAuthenticator, options: &Value, name: &str) -> Value {
    let made = device.create(&bytes(options, "challenge"), &bytes(options, "user_handle"));
    json!({
        "name": name,
        "credential_id": text(&made.credential_id),
        "client_data": text(&made.client_data),
        "attestation": text(&made.attestation),
    })
}

pub(super) fn form(shown: &Assertion) -> Value {
    json!({
        "credential_id": text(&shown.credential_id),
        "client_data": text(&shown.client_data),
        "authenticator_data": text(&shown.authenticator_data),
        "signature": text(&shown.signature),
        "user_handle": shown.user_handle.as_deref().map(text),
    })
}

/// What a page sends of a passkey that was shown.
pub(super) fn shown(device: &mut SoftwareAuthenticator, options: &Value) -> Value {
    form(&device.show(&bytes(options, "challenge")))
}

/// Makes a passkey in a browser whose person showed a factor just now.
pub(super) async fn add(browser: &mut Browser, device: &mut SoftwareAuthenticator, name: &str) -> Answer {
    let options = browser.post(ASK_FOR_NEW, json!({})).await.expect(200).json();
    let form = made(device, &options, name);
    browser.post(ADD, form).await
}

/// A device with a passkey of this person, who is then signed in nowhere.
pub(super) async fn device_of(house: &TestHouse, person: &Person) -> SoftwareAuthenticator {
    let (mut device, mut browser) = (device(), house.sign_in(person).await);
    add(&mut browser, &mut device, "Phone").await.expect(200);
    browser.post("/api/v1/sign-out", json!({})).await.expect(204);
    device
}

/// Asks, and answers with this device.
pub(super) async fn sign_in(browser: &mut Browser, device: &mut SoftwareAuthenticator) -> Answer {
    let options = browser.post(ASK, json!({})).await.expect(200).json();
    let form = shown(device, &options);
    browser.post(SIGN_IN, form).await
}

/// The newest event of this kind.
pub(super) async fn told(house: &TestHouse, action: &str) -> Value {
    let mut paul = house.sign_in(&house.paul).await;
    let page = paul.get(&format!("/api/v1/audit?action={action}")).await.expect(200).json();
    page["events"][0].clone()
}
