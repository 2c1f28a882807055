//! The practice's key: made once, replaced in a line, and what it certifies; the server keeps bytes and believes none.

use core::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use curtain_domain::Timestamp;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use crate::support::{Browser, TestHouse};

const KEYS: &str = "/api/v1/practice-keys";
const DEVICES: &str = "/api/v1/devices";
const OWN_DEVICES: &str = "/api/v1/account/devices";

fn key(byte: u8) -> String {
    BASE64.encode([byte; 32])
}

fn new_key(byte: u8, previous: &Value, certificates: &[Value]) -> Value {
    let vouched = if previous.is_null() { Value::Null } else { json!(BASE64.encode([byte; 64])) };
    json!({"public_key": key(byte), "previous": previous, "signed_by_previous": vouched, "certificates": certificates})
}

/// Makes a key and gives its id.
async fn make(browser: &mut Browser, byte: u8, previous: &Value) -> Value {
    let keys = browser.post(KEYS, new_key(byte, previous, &[])).await.expect(201).json();
    keys["keys"].as_array().expect("keys").last().expect("a key")["key"]["id"].clone()
}

async fn register(browser: &mut Browser, byte: u8) -> Value {
    let devices = browser.post(OWN_DEVICES, json!({"public_key": key(byte)})).await.expect(200).json();
    devices["devices"][0]["id"].clone()
}

fn certificate(device: &Value, name: &str, until: Timestamp) -> Value {
    let not_after = until.to_date_time().replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap();
    json!({"device": device, "name": name, "roles": 6, "not_after": not_after, "signature": BASE64.encode([5; 64])})
}

async fn certified(browser: &mut Browser) -> Vec<bool> {
    let devices = browser.get(OWN_DEVICES).await.expect(200).json();
    let devices = devices["devices"].as_array().expect("devices").clone();
    devices.iter().map(|device| !device["certificate"].is_null()).collect()
}

async fn told(browser: &mut Browser) -> Vec<String> {
    let found = browser.get("/api/v1/audit").await.expect(200).json();
    let events = found["events"].as_array().expect("events").clone();
    let actions = events.iter().map(|event| event["action"].as_str().expect("a word").to_owned());
    actions.filter(|one| one.starts_with("practice_key") || one.starts_with("device_")).collect()
}

fn in_days(house: &TestHouse, days: u64) -> Timestamp {
    house.now() + Duration::from_hours(24 * days)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_made_and_certifies_a_browser_until_it_is_revoked() {
    let house = TestHouse::open().await;
    let (mut iris, mut lee, mut ana) =
        (house.sign_in(&house.iris).await, house.sign_in(&house.lee).await, house.sign_in(&house.ana).await);
    assert_eq!(ana.get("/api/v1/practice-key").await.expect(200).json(), json!({"keys": [], "revoked": []}));
    let practice_key = make(&mut iris, 1, &Value::Null).await;
    assert_eq!(ana.get("/api/v1/practice-key").await.expect(200).json()["keys"][0]["public_key"], key(1));

    let device = register(&mut lee, 7).await;
    assert_eq!(register(&mut lee, 7).await, device, "told twice, kept once");
    assert_eq!(certified(&mut lee).await, [false]);
    let form = json!({"practice_key": practice_key,
        "certificates": [certificate(&device, &house.lee.name, in_days(&house, 90))]});
    iris.post(&format!("{DEVICES}/certificates"), form).await.expect(200);
    let own = lee.get(OWN_DEVICES).await.expect(200).json();
    let kept = &own["devices"][0]["certificate"];
    assert_eq!((&kept["name"], &kept["roles"]), (&json!(house.lee.name), &json!(6)));
    assert_eq!(kept["signature"], BASE64.encode([5; 64]));

    let id = device.as_str().expect("an id");
    iris.post(&format!("{DEVICES}/{id}/revoke"), json!({})).await.expect(200);
    iris.post(&format!("{DEVICES}/{id}/revoke"), json!({})).await.expect_problem(404, "not_found");
    assert_eq!(certified(&mut lee).await, [false], "a certificate is handed out no more");
    assert_eq!(ana.get("/api/v1/practice-key").await.expect(200).json()["revoked"], json!([key(7)]));
    assert_eq!(
        told(&mut iris).await,
        ["device_revoked", "device_certified", "device_registered", "practice_key_made"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_browser_is_not_certified_again_and_comes_back_only_with_another_key() {
    let house = TestHouse::open().await;
    let (mut iris, mut lee) = (house.sign_in(&house.iris).await, house.sign_in(&house.lee).await);
    let practice_key = make(&mut iris, 1, &Value::Null).await;
    let device = register(&mut lee, 7).await;
    lee.post(&format!("{OWN_DEVICES}/{}/revoke", device.as_str().unwrap()), json!({})).await.expect(204);
    let form = json!({"practice_key": practice_key,
        "certificates": [certificate(&device, &house.lee.name, in_days(&house, 30))]});
    let refused = iris.post(&format!("{DEVICES}/certificates"), form).await;
    refused.expect_problem(409, "device_changed");
    let again = lee.post(OWN_DEVICES, json!({"public_key": key(7)})).await.expect(200).json();
    assert!(!again["devices"][0]["revoked_at"].is_null(), "it stays what it is");
    assert_ne!(register(&mut lee, 8).await, device);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_key_takes_the_place_of_the_first_and_brings_its_certificates() {
    let house = TestHouse::open().await;
    let (mut iris, mut lee) = (house.sign_in(&house.iris).await, house.sign_in(&house.lee).await);
    let first = make(&mut iris, 1, &Value::Null).await;
    let device = register(&mut lee, 7).await;
    let until = in_days(&house, 30);
    let form = json!({"practice_key": first, "certificates": [certificate(&device, &house.lee.name, until)]});
    iris.post(&format!("{DEVICES}/certificates"), form.clone()).await.expect(200);
    // One that brings nothing leaves everybody unconfirmed; one that does leaves nobody waiting.
    let second = make(&mut iris, 2, &first).await;
    assert_eq!(certified(&mut lee).await, [false]);
    let third = new_key(3, &second, &[certificate(&device, &house.lee.name, until)]);
    iris.post(KEYS, third).await.expect(201);
    assert_eq!(certified(&mut lee).await, [true]);
    // What the first key says counts no longer, and no second one follows it.
    let late = iris.post(&format!("{DEVICES}/certificates"), form).await;
    late.expect_problem(409, "device_changed");
    iris.post(KEYS, new_key(4, &first, &[])).await.expect_problem(409, "practice_key_changed");
    iris.post(KEYS, new_key(4, &Value::Null, &[])).await.expect_problem(409, "practice_key_changed");
    iris.post(KEYS, new_key(1, &second, &[])).await.expect_problem(409, "practice_key_changed");
    assert_eq!(iris.get(KEYS).await.expect(200).json()["keys"].as_array().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn making_and_certifying_want_a_fresh_code() {
    let house = TestHouse::open().await;
    let mut iris = house.sign_in(&house.iris).await;
    house.clock.advance(Duration::from_mins(6));
    iris.post(KEYS, new_key(1, &Value::Null, &[])).await.expect_problem(403, "fresh_factor_needed");
    let form = json!({"practice_key": uuid::Uuid::nil(), "certificates": []});
    let refused = iris.post(&format!("{DEVICES}/certificates"), form).await;
    refused.expect_problem(403, "fresh_factor_needed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_counts_for_ninety_days_at_most_and_names_a_browser() {
    let house = TestHouse::open().await;
    let (mut iris, mut lee) = (house.sign_in(&house.iris).await, house.sign_in(&house.lee).await);
    let practice_key = make(&mut iris, 1, &Value::Null).await;
    let device = register(&mut lee, 7).await;
    let nobodys = json!("01980000-0000-7000-8000-00000000dead");
    for bad in [
        certificate(&device, &house.lee.name, in_days(&house, 92)),
        certificate(&nobodys, &house.lee.name, in_days(&house, 1)),
        certificate(&device, "", in_days(&house, 1)),
    ] {
        let form = json!({"practice_key": practice_key, "certificates": [bad]});
        let refused = iris.post(&format!("{DEVICES}/certificates"), form).await;
        refused.expect_problem(422, "unprocessable");
    }
    assert_eq!(certified(&mut lee).await, [false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clinician_who_is_suspended_holds_no_visits_with_the_browsers_of_before() {
    let house = TestHouse::open().await;
    let (mut iris, mut lee) = (house.sign_in(&house.iris).await, house.sign_in(&house.lee).await);
    register(&mut lee, 7).await;
    iris.post(&format!("/api/v1/people/{}/suspend", house.lee.id), json!({})).await.expect(200);
    assert_eq!(iris.get("/api/v1/practice-key").await.expect(200).json()["revoked"], json!([key(7)]));
    assert_eq!(iris.get(DEVICES).await.expect(200).json()["devices"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_registers_browsers_without_end() {
    let house = TestHouse::open().await;
    let mut lee = house.sign_in(&house.lee).await;
    for byte in 0..20 {
        register(&mut lee, byte).await;
    }
    let refused = lee.post(OWN_DEVICES, json!({"public_key": key(20)})).await;
    refused.expect_problem(409, "too_many_devices");
    lee.post(OWN_DEVICES, json!({"public_key": key(3)})).await.expect(200);
}
